#include "http/server.h"

#include "endpoint/json.h"
#include "endpoint/routes.h"
#include "fuzz/answers.h"
#include "fuzz/fixed.h"
#include "fuzz/fuzz.h"
#include "fuzz/house.h"
#include "fuzz/targets.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * A whole server in this process, and the bytes of one connection to it. All
 * that it answers is read again (fuzz/answers.h), nothing may appear beside the
 * folder of its store, and another connection is served afterwards.
 *
 * In an input the byte SIGN stands for the value of Authorization that fits the
 * request it is in. At CUT, what came before is sent by itself. GROW n stands
 * for 2^n times the byte before it.
 */

#define SIGN 1
#define CUT 2
#define GROW 3
#define GROW_MAX 15u /* of n */
#define LONGEST (OUT_MAX / 4)
#define OUT_MAX ((size_t)1 << 20)
#define WAIT 60000 /* milliseconds: only a hang takes that long */
/* Until then no table is full: of nonces, of connections in metrics. */
#define INPUTS_MAX 20000
#define SECRET "not-a-real-secret-"
#define CONF                                                                   \
	"listen = { unix = \"@/socket\"; threads = 1; };\n"                    \
	"public_url = \"https://up.example.org\"; key_file = \"@/key\";\n"     \
	"log = { level = \"error\"; };\n"                                      \
	"callers = ( { id = \"prosody\"; secret = \"" SECRET "0\"; "           \
	"allow_domains = ( \"example.org\", \"*.example.net\" ); },\n"         \
	"{ id = \"ejabberd\"; secret = \"" SECRET "1\"; dialect = "            \
	"\"ejabberd\"; },\n"                                                   \
	"{ id = \"share\"; secret = \"" SECRET "2\"; dialect = \"jwt\"; "      \
	"base = \"/share/\"; },\n"                                             \
	"{ id = \"v1\"; secret = \"" SECRET "3\"; dialect = "                  \
	"\"external-v1\"; base = \"/v1/\"; },\n"                               \
	"{ id = \"v2\"; secret = \"" SECRET "4\"; dialect = "                  \
	"\"external-v2\"; base = \"/v2/\"; },\n"                               \
	"{ id = \"metro\"; secret = \"" SECRET "5\"; dialect = \"token\"; "    \
	"base = \"/t/\"; } );\n"                                               \
	"limits = { header_timeout = 86400; body_timeout = 86400; "            \
	"idle_timeout = 86400; upload_timeout = 86400; min_rate = 0; };\n"     \
	"trusted_proxies = ( \"127.0.0.1\" );\n"                               \
	"storage = { type = \"fs\"; path = \"@/outer/store\"; min_free = 1; "  \
	"};\n"                                                                 \
	"policy = { max_size = 100000; deny_extensions = ( \"exe\" ); "        \
	"purposes = ( { name = \"profile\"; keep = 700; } ); };\n"

/* --- the server -----------------------------------------------------------*/

static struct server *server;
static const struct caller *signer;

static void close_server(void)
{
	must(server_close(server));
	server = NULL;
}

static void start(void)
{
	char wrong[256];
	struct service *service = house_service(CONF);

	server = server_open(&routes_all, service, wrong, sizeof wrong);
	must(server);
	signer = &service->conf->callers[0];
}

static void open_house(void)
{
	char path[128];

	signal(SIGPIPE, SIG_IGN);
	/* Most inputs end amid a request, whose client counts as gone after
	 * a while. */
	fixed_run();
	json_start();
	snprintf(path, sizeof path, "%s/outer", house_folder());
	must(mkdir(path, 0700) == 0);
	start();
	must(atexit(close_server) == 0);
}

/* How many entries a folder has. */
static unsigned entries(const char *name)
{
	char path[128];
	unsigned count = 0;
	DIR *folder;

	snprintf(path, sizeof path, "%s%s", house_folder(), name);
	folder = opendir(path);
	must(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

/* Each has "." and "..". */
static void check_folders(void)
{
	must(entries("") == 2 + 4); /* key, conf, socket, outer */
	must(entries("/outer") == 2 + 1);
	/* files, slotd-erase, .until */
	must(entries("/outer/store") <= 2 + 3);
}

static void empty(const char *name)
{
	char path[128];

	snprintf(path, sizeof path, "%s%s", house_folder(), name);
	if (access(path, F_OK) == 0)
		house_empty(path);
}

/* --- an input -------------------------------------------------------------*/

struct wire {
	char bytes[OUT_MAX];
	size_t len;
};

static void add(struct wire *wire, struct span bytes)
{
	must(bytes.len <= sizeof wire->bytes - wire->len);
	memcpy(wire->bytes + wire->len, bytes.at, bytes.len);
	wire->len += bytes.len;
}

/* The head that place `at` is in, to the blank line behind it. */
static struct span head_at(struct span text, size_t at)
{
	size_t begin = at, end;
	const char *blank = memmem(text.at + at, text.len - at, "\r\n\r\n", 4);

	while (begin &&
	       !(begin >= 4 && memcmp(text.at + begin - 4, "\r\n\r\n", 4) == 0))
		begin--;
	end = blank ? (size_t)(blank - text.at) : text.len;
	return (struct span){ text.at + begin, end - begin };
}

static struct span body_of(struct span text, struct span head)
{
	static const char name[] = "Content-Length: ";
	const size_t begin = (size_t)(head.at - text.at) + head.len + 4;
	const char *length = memmem(head.at, head.len, name, sizeof name - 1);
	size_t len = 0;

	if (!length || begin > text.len)
		return SPAN_EMPTY;
	for (length += sizeof name - 1;
	     length < head.at + head.len && *length >= '0' && *length <= '9';
	     length++)
		len = len < OUT_MAX ? 10 * len + (size_t)(*length - '0') : len;
	text = (struct span){ text.at + begin, text.len - begin };
	return (struct span){ text.at, len < text.len ? len : text.len };
}

static void sign(struct wire *wire, struct span text, size_t at)
{
	static unsigned number;
	const struct span head = head_at(text, at);
	struct span rest = head;
	char nonce[32], memory[512];
	struct buf out = buf_of(memory, sizeof memory);
	struct auth_request request = { .now = FIXED_NOW };

	snprintf(nonce, sizeof nonce, "nonce-%08u", number++);
	request.method = span_cut(&rest, ' ');
	request.target = span_cut(&rest, ' ');
	request.body = body_of(text, head);
	auth_sign(signer, &request, span_of(nonce), &out);
	add(wire, buf_span(&out));
}

static void grow(struct wire *wire, unsigned n)
{
	const size_t more = (size_t)1 << n % GROW_MAX;

	if (!wire->len || wire->len + more > LONGEST)
		return;
	memset(wire->bytes + wire->len, wire->bytes[wire->len - 1], more);
	wire->len += more;
}

static int connect_server(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0);
	snprintf(address.sun_path, sizeof address.sun_path, "%s/socket",
	    house_folder());
	must(connect(fd, (const struct sockaddr *)&address, sizeof address) ==
	     0);
	return fd;
}

/* libFuzzer has a timer, whose signal ends a poll. */
static int poll_for(struct pollfd *event, int milliseconds)
{
	int count;

	do {
		count = poll(event, 1, milliseconds);
	} while (count < 0 && errno == EINTR);
	return count;
}

/* Reads what has come. False: the server has closed. */
static bool take(int fd, struct wire *in, bool wait)
{
	struct pollfd event = { fd, POLLIN, 0 };
	ssize_t len;

	while (poll_for(&event, wait ? WAIT : 0) > 0) {
		must(in->len < sizeof in->bytes);
		len = read(fd, in->bytes + in->len, sizeof in->bytes - in->len);
		if (len <= 0)
			return false;
		in->len += (size_t)len;
	}
	must(!wait);
	return true;
}

/* The server may have closed before. */
static bool put(int fd, struct wire *out, struct wire *in)
{
	struct pollfd event = { fd, POLLIN | POLLOUT, 0 };
	size_t sent = 0;

	while (sent < out->len) {
		ssize_t len;

		must(poll_for(&event, WAIT) == 1);
		if (!take(fd, in, false))
			return false;
		len = send(fd, out->bytes + sent, out->len - sent,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (len > 0)
			sent += (size_t)len;
		else if (errno != EAGAIN)
			break;
	}
	out->len = 0;
	return true;
}

/* ends: the client closes its half. */
static void talk(struct span text, bool ends, struct wire *ret_in)
{
	static struct wire out;
	const int fd = connect_server();
	bool open = true;

	out.len = ret_in->len = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == SIGN)
			sign(&out, text, i);
		else if (text.at[i] == CUT)
			open = open && put(fd, &out, ret_in);
		else if (text.at[i] == GROW && i + 1 < text.len)
			grow(&out, (unsigned char)text.at[++i]);
		else
			add(&out, (struct span){ text.at + i, 1 });
	}
	if (open && put(fd, &out, ret_in)) {
		if (ends)
			shutdown(fd, SHUT_WR);
		take(fd, ret_in, true);
	}
	close(fd);
}

static void check_health(struct wire *in)
{
	static const char healthy[] = "HTTP/1.1 200 ";

	talk(span_of("GET /healthz HTTP/1.1\r\nHost: a\r\n"
		     "Connection: close\r\n\r\n"),
	    false, in);
	must(answers_check((struct span){ in->bytes, in->len }, false) == 1);
	must(memcmp(in->bytes, healthy, sizeof healthy - 1) == 0);
}

static void run(struct span input)
{
	static struct wire in;
	static unsigned inputs;

	if (++inputs % INPUTS_MAX == 0) {
		close_server();
		start();
	}
	talk(input, true, &in);
	answers_check((struct span){ in.bytes, in.len },
	    input.len && memmem(input.at, input.len, "HEAD", 4));
	check_folders();
	check_health(&in);
	empty("/outer/store/files");
	empty("/outer/store/slotd-erase");
}

const struct fuzz_target server_targets[] = {
	{ "server", 4096, open_house, run },
	{ NULL, 0, NULL, NULL },
};
