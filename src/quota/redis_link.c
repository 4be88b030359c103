#include "quota/redis_private.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WORDS_MAX 16
/* Our answers have a few numbers. */
#define ANSWER_MAX (16 << 10)
#define ELEMENTS_MAX 16

#if HIREDIS_MAJOR < 1
#define ARRAY_SIZE int
#else
#define ARRAY_SIZE size_t
#endif

/*
 * hiredis only formats commands and parses replies here. Its own sockets limit
 * the time of each read instead of the whole call, and only newer versions of
 * it speak TLS.
 */

static pthread_once_t functions_once = PTHREAD_ONCE_INIT;
static redisReplyObjectFunctions functions, own_functions;

/* hiredis would allocate as many elements as the reply's first line says. */
static void *create_array(const redisReadTask *task, ARRAY_SIZE elements)
{
	return elements > ELEMENTS_MAX
		   ? NULL
		   : own_functions.createArray(task, elements);
}

/* hiredis does not export its functions: a reader has them. */
static void set_functions(void)
{
	redisReader *reader = redisReaderCreate();

	if (!reader)
		return;
	own_functions = *reader->fn;
	redisReaderFree(reader);
	functions = own_functions;
	functions.createArray = create_array;
}

redisReader *redis_reader_open(void)
{
	pthread_once(&functions_once, set_functions);
	return functions.createArray
		   ? redisReaderCreateWithFunctions(&functions)
		   : NULL;
}

static ssize_t receive(struct redis_link *link, void *bytes, size_t size)
{
	return link->tls ? redis_tls_read(link->tls, bytes, size)
			 : recv(link->socket, bytes, size, MSG_DONTWAIT);
}

static ssize_t transmit(struct redis_link *link, const void *bytes, size_t len)
{
	return link->tls ? redis_tls_write(link->tls, bytes, len)
			 : send(link->socket, bytes, len,
			       MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool redis_link_wait(struct redis_link *link, short events)
{
	struct pollfd poll_socket = { link->socket, events, 0 };
	int64_t left;

	while ((left = link->until - link->config->clock()) > 0) {
		int count = poll(&poll_socket, 1, (int)((left + 999) / 1000));

		if (count > 0)
			return true;
		if (count < 0 && errno != EINTR)
			break;
	}
	return redis_fault_set(&link->fault, QUOTA_REDIS_TIMEOUT, "");
}

static bool fail(struct redis_link *link, const char *text)
{
	return redis_fault_set(&link->fault, QUOTA_REDIS_CONNECTION, text);
}

/* After a read or write that failed; true: try again. */
static bool wait_for(struct redis_link *link, short events)
{
	if (errno == EINTR)
		return true;
	if (errno != EAGAIN)
		return fail(link, strerror(errno));
	return redis_link_wait(link, events);
}

static bool write_all(struct redis_link *link, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t done = transmit(link, bytes, len);

		if (done > 0) {
			bytes += done;
			len -= (size_t)done;
		} else if (!wait_for(link, POLLOUT)) {
			return false;
		}
	}
	return true;
}

/* The next reply, whatever it says. */
static redisReply *read_reply(struct redis_link *link)
{
	void *reply = NULL;
	size_t read = 0;
	char bytes[2048];

	while (true) {
		ssize_t got;

		if (redisReaderGetReply(link->reader, &reply) != REDIS_OK ||
		    read > ANSWER_MAX) {
			fail(link,
			    "what answers does not speak Redis' protocol");
			return NULL;
		}
		if (reply)
			return reply;
		got = receive(link, bytes, sizeof bytes);
		if (got > 0) {
			read += (size_t)got;
			redisReaderFeed(link->reader, bytes, (size_t)got);
		} else if (got == 0) {
			fail(link, "it closed the connection");
			return NULL;
		} else if (!wait_for(link, POLLIN)) {
			return NULL;
		}
	}
}

static bool send_command(
    struct redis_link *link, const struct span *words, unsigned count)
{
	const char *texts[WORDS_MAX];
	size_t lens[WORDS_MAX];
	char *command;
	long long len;
	bool sent;

	for (unsigned i = 0; i < count; i++) {
		texts[i] = words[i].at;
		lens[i] = words[i].len;
	}
	len = redisFormatCommandArgv(&command, (int)count, texts, lens);
	if (len < 0)
		return redis_fault_set(
		    &link->fault, QUOTA_REDIS_OTHER, "out of memory");
	sent = write_all(link, command, (size_t)len);
	redisFreeCommand(command);
	return sent;
}

/* Whether this is the answer. */
static bool check(struct redis_link *link, const redisReply *reply)
{
	/* After one reply too many, each would answer the call before its
	 * own. */
	if (link->reader->pos != link->reader->len)
		return fail(
		    link, "what answers is not Redis: more than was asked for");
	if (reply->type != REDIS_REPLY_ERROR)
		return true;
	redis_fault_read(&link->fault, (struct span){ reply->str, reply->len });
	return false;
}

redisReply *redis_link_call(
    struct redis_link *link, const struct span *words, unsigned count)
{
	redisReply *reply;

	if (!send_command(link, words, count))
		return NULL;
	reply = read_reply(link);
	if (reply && !check(link, reply)) {
		redis_reply_free(reply);
		return NULL;
	}
	return reply;
}

void redis_reply_free(redisReply *reply)
{
	if (reply)
		freeReplyObject(reply);
}

bool redis_link_alive(struct redis_link *link)
{
	char byte;

	/* Neither the end of the connection nor bytes that nobody asked for. */
	return receive(link, &byte, 1) < 0 && errno == EAGAIN;
}

void redis_link_close(struct redis_link *link)
{
	redis_tls_close(link->tls);
	if (link->reader)
		redisReaderFree(link->reader);
	if (link->socket >= 0)
		close(link->socket);
}
