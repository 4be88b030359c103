#include "quota/redis_private.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <poll.h>
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
 * hiredis writes and reads the protocol here, and nothing else: the time
 * limits of its sockets are for each read alone, and only newer ones speak
 * TLS.
 */

static pthread_once_t functions_once = PTHREAD_ONCE_INIT;
static redisReplyObjectFunctions functions, own_functions;

/* It would make room for as many as the answer's first line says. */
static void *create_array(const redisReadTask *task, ARRAY_SIZE elements)
{
	return elements > ELEMENTS_MAX
		   ? NULL
		   : own_functions.createArray(task, elements);
}

/* Those of hiredis, but for one: they have no names to us. */
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

bool redis_link_poll(const struct redis_link *link,
    const struct quota_redis_config *config, short events, int64_t until)
{
	struct pollfd poll_socket = { link->socket, events, 0 };
	int64_t left;
	int count;

	do {
		left = until - config->clock();
		if (left <= 0)
			return false;
		count = poll(&poll_socket, 1, (int)((left + 999) / 1000));
	} while (count == 0 || (count < 0 && errno == EINTR));
	return count > 0;
}

/* What a read or write without result means; true: it may go on. */
static bool wait_for(struct redis_link *link,
    const struct quota_redis_config *config, short events, int64_t until,
    struct redis_fault *fault)
{
	if (errno == EINTR)
		return true;
	if (errno != EAGAIN) {
		redis_fault_set(fault, QUOTA_REDIS_CONNECTION, strerror(errno));
		return false;
	}
	if (redis_link_poll(link, config, events, until))
		return true;
	redis_fault_set(fault, QUOTA_REDIS_TIMEOUT, "");
	return false;
}

static bool write_all(struct redis_link *link,
    const struct quota_redis_config *config, const char *bytes, size_t len,
    int64_t until, struct redis_fault *fault)
{
	while (len > 0) {
		ssize_t done = transmit(link, bytes, len);

		if (done > 0) {
			bytes += done;
			len -= (size_t)done;
		} else if (!wait_for(link, config, POLLOUT, until, fault)) {
			return false;
		}
	}
	return true;
}

/* One reply too many, and all that follow would answer the question before
 * theirs. */
static redisReply *only(
    struct redis_link *link, redisReply *reply, struct redis_fault *fault)
{
	if (link->reader->pos == link->reader->len)
		return reply;
	redis_fault_set(fault, QUOTA_REDIS_CONNECTION,
	    "what answers is not Redis: more than was asked for");
	redis_reply_free(reply);
	return NULL;
}

/* The next reply, whatever it says. */
static redisReply *read_reply(struct redis_link *link,
    const struct quota_redis_config *config, int64_t until,
    struct redis_fault *fault)
{
	size_t read = 0;
	char bytes[2048];

	while (true) {
		void *reply = NULL;
		ssize_t got;

		if (redisReaderGetReply(link->reader, &reply) != REDIS_OK ||
		    read > ANSWER_MAX) {
			redis_fault_set(fault, QUOTA_REDIS_CONNECTION,
			    "what answers does not speak Redis' protocol");
			return NULL;
		}
		if (reply)
			return only(link, reply, fault);
		got = receive(link, bytes, sizeof bytes);
		if (got > 0) {
			read += (size_t)got;
			redisReaderFeed(link->reader, bytes, (size_t)got);
		} else if (got == 0) {
			redis_fault_set(fault, QUOTA_REDIS_CONNECTION,
			    "it closed the connection");
			return NULL;
		} else if (!wait_for(link, config, POLLIN, until, fault)) {
			return NULL;
		}
	}
}

static bool send_command(struct redis_link *link,
    const struct quota_redis_config *config, const struct span *words,
    unsigned count, int64_t until, struct redis_fault *fault)
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
	if (len < 0) {
		redis_fault_set(fault, QUOTA_REDIS_OTHER, "out of memory");
		return false;
	}
	sent = write_all(link, config, command, (size_t)len, until, fault);
	redisFreeCommand(command);
	return sent;
}

redisReply *redis_link_call(struct redis_link *link,
    const struct quota_redis_config *config, const struct span *words,
    unsigned count, int64_t until, struct redis_fault *fault)
{
	redisReply *reply;

	if (!send_command(link, config, words, count, until, fault))
		return NULL;
	reply = read_reply(link, config, until, fault);
	if (reply && reply->type == REDIS_REPLY_ERROR) {
		redis_fault_read(
		    fault, (struct span){ reply->str, reply->len });
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

	/* Whatever was said unasked is the end of it. */
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
