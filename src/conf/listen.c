#include "conf/reader.h"

#include "conf/secret.h"
#include "core/chars.h"
#include "core/uri.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PEM_MAX (256 << 10)
#define PATH_CHARS CHARS_ALNUM "-._~!$&'()*+,;=:@%/"

/* A group that is being read: the listener, and what belongs to listen. */
struct draft {
	struct conf_listener *listener;
	const struct node *unix_node;
	const struct node *tcp_node; /* the first of address and port */
	const struct node *mode_node;
	const struct node *cert_node;
	const struct node *key_node;
};

/* fe80::/10 */
static const struct ip_net link_local = { { { 0xfe, 0x80 } }, 10 };

static void read_address(
    struct reader *reader, const struct node *node, void *into)
{
	struct draft *draft = into;
	struct span text;
	struct ip ip;

	if (!draft->tcp_node)
		draft->tcp_node = node;
	if (!read_text(reader, node, &text))
		return;
	if (!ip_parse(text, &ip)) {
		node_wrong(reader, node,
		    "must be an IP address such as \"127.0.0.1\" or \"::\"");
		return;
	}
	if (ip_net_has(&link_local, &ip)) {
		node_wrong(reader, node,
		    "is a link-local address, which needs an interface: use "
		    "another address of this machine");
		return;
	}
	draft->listener->address = memory_copy(reader->keep, text).at;
}

static void read_port(
    struct reader *reader, const struct node *node, void *into)
{
	struct draft *draft = into;
	int64_t port;

	if (!draft->tcp_node)
		draft->tcp_node = node;
	if (read_integer(reader, node, 1, 65535, &port))
		draft->listener->port = (uint16_t)port;
}

static void read_unix(
    struct reader *reader, const struct node *node, void *into)
{
	struct draft *draft = into;
	const char *path, *parent;
	struct stat status;

	draft->unix_node = node;
	if (!read_path(reader, node, &path))
		return;
	if (strlen(path) > UNIX_PATH_MAX)
		node_wrong(reader, node, UNIX_PATH_LONG, UNIX_PATH_MAX);
	else if (lstat(path, &status) == 0 && !S_ISSOCK(status.st_mode))
		node_wrong(reader, node, "%s is there and no socket", path);
	else
		draft->listener->unix_path = path;
	/* A service manager may make it in time. */
	parent = parent_folder(reader, path);
	if (access(parent, F_OK) != 0)
		node_warn(
		    reader, node, "the folder %s: %s", parent, strerror(errno));
}

static bool octal_mode(struct span text, unsigned *ret_mode)
{
	unsigned mode = 0;

	if (text.len < 3 || text.len > 4 || !span_only(text, "01234567"))
		return false;
	for (size_t i = 0; i < text.len; i++)
		mode = mode * 8 + (unsigned)(text.at[i] - '0');
	if (mode < 1 || mode > 0777)
		return false;
	*ret_mode = mode;
	return true;
}

/* 400 is meant as 0400, and would be 0620. */
static bool looks_octal(int64_t mode)
{
	return mode >= 100 && mode % 10 < 8 && mode / 10 % 10 < 8;
}

static void read_mode(
    struct reader *reader, const struct node *node, void *into)
{
	struct draft *draft = into;
	struct span text;
	int64_t number;

	draft->mode_node = node;
	if (node_type(node) == NODE_INTEGER) {
		if (node_integer(node) < 1 || node_integer(node) > 0777)
			node_wrong(reader, node,
			    "must be from 1 to 511; octal digits are written "
			    "as a string, such as \"0660\"");
		else if (read_integer(reader, node, 1, 0777, &number))
			draft->listener->mode = (unsigned)number;
		if (looks_octal(draft->listener->mode))
			node_warn(reader, node,
			    "is decimal and means \"0%o\"; octal digits are "
			    "written as a string",
			    draft->listener->mode);
		return;
	}
	if (read_text(reader, node, &text) &&
	    !octal_mode(text, &draft->listener->mode))
		node_wrong(reader, node,
		    "must be three or four octal digits such as \"0660\"");
}

/* Clients take out the segments . and .. before they ask and sign. */
static const char *base_path_fault(struct reader *reader, struct span path)
{
	struct span rest;
	struct buf out;

	if (*path.at != '/')
		return "must start with /";
	if (!span_only(path, PATH_CHARS))
		return "has a character that must be percent-encoded";
	if (strstr(path.at, "//"))
		return "has two / in a row";
	buf_init(&out, memory_get(reader->scratch, path.len + 1), path.len + 1);
	if (!uri_decode(&out, path))
		return "has a % without two hexadecimal digits, or %00";
	for (rest = buf_span(&out); rest.at;) {
		struct span segment = span_cut(&rest, '/');

		if (span_is(segment, ".") || span_is(segment, ".."))
			return "has a segment . or .., which clients take out";
	}
	return NULL;
}

static void read_base_path(
    struct reader *reader, const struct node *node, void *into)
{
	const char *wrong;
	struct span text;

	(void)into;
	if (!read_text(reader, node, &text))
		return;
	wrong = base_path_fault(reader, text);
	if (wrong)
		node_wrong(reader, node, "%s", wrong);
	else
		reader->conf->base_path = memory_copy(reader->keep,
		    span_first(
			text, text.len - (text.at[text.len - 1] == '/')));
}

static bool has(struct span text, const char *words)
{
	return memmem(text.at, text.len, words, strlen(words)) != NULL;
}

static void read_tls_cert(
    struct reader *reader, const struct node *node, void *into)
{
	struct draft *draft = into;
	struct span pem;

	draft->cert_node = node;
	draft->listener->tls_line = node_line(node);
	if (!secret_read_public(reader, node, PEM_MAX, &pem))
		return;
	if (has(pem, "-----BEGIN CERTIFICATE-----"))
		draft->listener->tls_cert = memory_copy(reader->keep, pem);
	else
		node_wrong(reader, node, "holds no certificate in PEM");
}

static void read_tls_key(
    struct reader *reader, const struct node *node, void *into)
{
	struct draft *draft = into;
	struct span pem;

	draft->key_node = node;
	if (!secret_read_file(reader, node, PEM_MAX, &pem))
		return;
	if (has(pem, "ENCRYPTED"))
		node_wrong(reader, node,
		    "is protected by a pass phrase, and nobody is there to "
		    "type it: take that off");
	else if (has(pem, "PRIVATE KEY-----"))
		draft->listener->tls_key = memory_copy(reader->keep, pem);
	else
		node_wrong(reader, node, "holds no private key in PEM");
}

static void check_tls(struct reader *reader, const struct draft *draft)
{
	if (draft->cert_node && !draft->key_node)
		node_wrong(reader, draft->cert_node, "needs tls_key beside it");
	if (draft->key_node && !draft->cert_node)
		node_wrong(reader, draft->key_node, "needs tls_cert beside it");
	if (draft->cert_node && draft->unix_node)
		node_wrong(reader, draft->cert_node,
		    "is for TCP, and this is a unix socket");
}

static void read_threads(
    struct reader *reader, const struct node *node, void *into)
{
	int64_t threads;

	(void)into;
	if (read_integer(reader, node, 1, 64, &threads))
		reader->conf->threads = (unsigned)threads;
}

static const struct setting rows[] = {
	CUSTOM("address", read_address),
	CUSTOM("port", read_port),
	CUSTOM("unix", read_unix),
	CUSTOM("mode", read_mode),
	CUSTOM("tls_cert", read_tls_cert),
	CUSTOM("tls_key", read_tls_key),
	/* Of listen alone: they come last. */
	CUSTOM("threads", read_threads),
	CUSTOM("base_path", read_base_path),
};

static void read_listener(struct reader *reader, const struct node *node,
    size_t row_count, struct conf_listener *listener)
{
	const struct settings settings = { .rows = rows, .count = row_count };
	struct draft draft = { .listener = listener };

	settings_read(reader, node, &settings, &draft);
	if (draft.unix_node && draft.tcp_node)
		node_wrong(reader, draft.tcp_node,
		    "cannot stand beside unix: a listener is one or the other");
	if (draft.mode_node && !draft.unix_node)
		node_wrong(reader, draft.mode_node,
		    "is for a unix socket, and there is no unix");
	check_tls(reader, &draft);
}

void read_listen(struct reader *reader, const struct node *node, void *into)
{
	(void)into;
	read_listener(
	    reader, node, sizeof rows / sizeof *rows, &reader->conf->listen);
}

void read_public(struct reader *reader, const struct node *node, void *into)
{
	(void)into;
	reader->conf->has_public = true;
	read_listener(reader, node, sizeof rows / sizeof *rows - 2,
	    &reader->conf->public);
}

/* Whether two names are of one file, however they are written. */
static bool same_path(struct reader *reader, const char *a, const char *b)
{
	struct stat x, y;
	size_t a_slash = span_find_last(span_of(a), '/');
	size_t b_slash = span_find_last(span_of(b), '/');
	const char *a_name = a + (a[a_slash] ? a_slash + 1 : 0);
	const char *b_name = b + (b[b_slash] ? b_slash + 1 : 0);

	return strcmp(a, b) == 0 ||
	       (strcmp(a_name, b_name) == 0 &&
		   stat(parent_folder(reader, a), &x) == 0 &&
		   stat(parent_folder(reader, b), &y) == 0 &&
		   x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

/* Whether an address stands for others, too. Sockets of :: take IPv4. */
static bool takes_in(const struct ip *all, const struct ip *one)
{
	static const struct ip any_v6 = { { 0 } };
	static const struct ip any_v4 = { { [10] = 0xff, 0xff } };

	return memcmp(all, &any_v6, sizeof *all) == 0 ||
	       (memcmp(all, &any_v4, sizeof *all) == 0 && ip_is_v4(one));
}

/* Why the two listeners exclude each other, in words[]; else NULL. */
static const char *clash(struct reader *reader, char words[160])
{
	const struct conf_listener *a = &reader->conf->listen;
	const struct conf_listener *b = &reader->conf->public;
	struct ip x, y;

	if (a->unix_path && b->unix_path)
		return same_path(reader, a->unix_path, b->unix_path)
			   ? "is the same socket as listen"
			   : NULL;
	if (a->unix_path || b->unix_path || a->port != b->port ||
	    !ip_parse(span_of(a->address), &x) ||
	    !ip_parse(span_of(b->address), &y))
		return NULL;
	if (memcmp(&x, &y, sizeof x) == 0)
		return "is the same address and port as listen";
	if (!takes_in(&x, &y) && !takes_in(&y, &x))
		return NULL;
	snprintf(words, 160,
	    "has the port of listen, and %s takes in %s: give it another port",
	    takes_in(&x, &y) ? a->address : b->address,
	    takes_in(&x, &y) ? b->address : a->address);
	return words;
}

bool is_loopback(const char *text)
{
	struct ip ip;

	return ip_parse(span_of(text), &ip) && ip_is_loopback(&ip);
}

/* Whether clients come to PUT /u/, GET /f/ or a caller's base. */
static bool serves_clients(const struct conf *conf)
{
	if (conf_sends(conf))
		return true;
	for (size_t i = 0; i < conf->storage_count; i++)
		if (conf->storages[i].type == CONF_STORE_FS ||
		    conf->storages[i].s3.get == S3_GET_REDIRECT)
			return true;
	return false;
}

void check_listeners(struct reader *reader, const struct node *root)
{
	const struct conf *conf = reader->conf;
	const struct node *listen = node_member(root, "listen");
	char words[160];
	const char *wrong = conf->has_public ? clash(reader, words) : NULL;

	if (wrong)
		node_wrong(reader, node_member(root, "public"), "%s", wrong);
	if (reader->has_store && serves_clients(conf) && !conf->has_public &&
	    !conf->listen.unix_path && !is_loopback(conf->listen.address))
		node_warn(reader, node_member(listen, "address"),
		    "everybody who reaches this address reaches POST /slot, "
		    "too: give uploads and downloads a listener of their own "
		    "(public)");
}
