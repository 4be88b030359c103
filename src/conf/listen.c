#include "conf/paths.h"
#include "conf/sections.h"
#include "conf/secret.h"
#include "core/chars.h"
#include "core/uri.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PEM_MAX (256 << 10)
#define PATH_CHARS CHARS_ALNUM "-._~!$&'()*+,;=:@%/"

/* fe80::/10 */
static const struct ip_net link_local = { { { 0xfe, 0x80 } }, 10 };

static const char *address(const struct conf *conf, struct span text)
{
	struct ip ip;

	(void)conf;
	if (!ip_parse(text, &ip))
		return "must be an IP address such as \"127.0.0.1\" or \"::\"";
	return ip_net_has(&link_local, &ip)
		   ? "is a link-local address, which needs an interface: use "
		     "another address of this machine"
		   : NULL;
}

static void read_unix(const struct node *node, void *into)
{
	const char **unix_path = into;
	const char *path, *folder;
	struct stat status;

	if (!value_unix_path(node, &path))
		return;
	paths_use(node, CONF_BINDS);
	if (lstat(path, &status) == 0 && !S_ISSOCK(status.st_mode))
		node_wrong(node, "%s exists and is not a socket", path);
	else
		*unix_path = path;
	/* The folder may be created before slotd starts. */
	folder = paths_folder(node_scratch(node), path);
	if (access(folder, F_OK) != 0)
		node_warn(node, "the folder %s: %s", folder, strerror(errno));
}

static bool octal_mode(struct span text, unsigned *ret_mode)
{
	const struct chars octal = chars_of("01234567");
	unsigned mode = 0;

	if (text.len < 3 || text.len > 4 || !span_only(text, &octal))
		return false;
	for (size_t i = 0; i < text.len; i++)
		mode = mode * 8 + (unsigned)(text.at[i] - '0');
	if (mode < 1 || mode > 0777)
		return false;
	*ret_mode = mode;
	return true;
}

/* Whether a decimal number looks like octal digits: 400 means 0620. */
static bool looks_octal(int64_t mode)
{
	return mode >= 100 && mode % 10 < 8 && mode / 10 % 10 < 8;
}

static void read_mode(const struct node *node, void *into)
{
	unsigned *mode = into;
	struct span text;

	if (node->type != NODE_INTEGER) {
		if (value_text(node, &text) && !octal_mode(text, mode))
			node_wrong(node, "must be three or four octal digits "
					 "such as \"0660\"");
		return;
	}
	if (node->integer < 1 || node->integer > 0777) {
		node_wrong(node, "must be from 1 to 511; write octal digits as "
				 "a string, such as \"0660\"");
		return;
	}
	*mode = (unsigned)node->integer;
	if (looks_octal(node->integer))
		node_warn(node,
		    "is decimal and means \"0%o\": write octal digits as a "
		    "string",
		    *mode);
}

/* HTTP clients remove the segments . and .. from a URL, so a path with them
 * would never match. */
static const char *base_path_fault(struct arena *arena, struct span path)
{
	const struct chars allowed = chars_of(PATH_CHARS);
	struct span rest;
	struct buf out;

	if (*path.at != '/')
		return "must start with /";
	if (!span_only(path, &allowed))
		return "has a character that must be percent-encoded";
	if (strstr(path.at, "//"))
		return "has two / in a row";
	buf_init(&out, arena_get(arena, path.len + 1), path.len + 1);
	if (!uri_decode(&out, path))
		return "has a % without two hexadecimal digits, or %00";
	for (rest = buf_span(&out); rest.at;) {
		struct span segment = span_cut(&rest, '/');

		if (span_is(segment, ".") || span_is(segment, ".."))
			return "has a segment . or .., which clients remove";
	}
	return NULL;
}

static void read_base_path(const struct node *node, void *into)
{
	const char *wrong;
	struct span text;

	(void)into;
	if (!value_text(node, &text))
		return;
	wrong = base_path_fault(node_scratch(node), text);
	text.len -= text.at[text.len - 1] == '/';
	if (wrong)
		node_wrong(node, "%s", wrong);
	else
		node->reading->conf->base_path =
		    arena_copy(node_keep(node), text);
}

static bool has(struct span text, const char *words)
{
	return memmem(text.at, text.len, words, strlen(words)) != NULL;
}

static void read_tls_cert(const struct node *node, void *into)
{
	struct conf_listener *listener = into;
	struct span pem;
	const struct place place =
	    faults_place(&node->reading->faults, node->line);

	listener->tls_file =
	    arena_copy(node_keep(node), span_of(place.origin->name)).at;
	listener->tls_line = place.line;
	if (!secret_read_public(node, PEM_MAX, &pem))
		return;
	if (has(pem, "-----BEGIN CERTIFICATE-----"))
		listener->tls_cert = arena_copy(node_keep(node), pem);
	else
		node_wrong(node, "has no certificate in PEM format");
}

static void read_tls_key(const struct node *node, void *into)
{
	struct span *tls_key = into;
	struct span pem;

	if (!secret_read_file(node, PEM_MAX, &pem))
		return;
	if (has(pem, "ENCRYPTED"))
		node_wrong(node,
		    "is protected by a passphrase, which slotd cannot "
		    "ask for: remove the passphrase with `openssl pkey`");
	else if (has(pem, "PRIVATE KEY-----"))
		*tls_key = arena_copy(node_keep(node), pem);
	else
		node_wrong(node, "has no private key in PEM format");
}

static void read_threads(const struct node *node, void *into)
{
	int64_t threads;

	(void)into;
	if (value_integer(node, 1, 64, &threads))
		node->reading->conf->threads = (unsigned)threads;
}

static const struct setting rows[] = {
	{ "address", STRING(struct conf_listener, address, address) },
	{ "port", READ(struct conf_listener, port, settings_port) },
	{ "unix", READ(struct conf_listener, unix_path, read_unix) },
	{ "mode", READ(struct conf_listener, mode, read_mode) },
	{ "tls_cert", WHOLE(read_tls_cert) },
	{ "tls_key", READ(struct conf_listener, tls_key, read_tls_key) },
	/* These two are settings of listen only, see listen_read_public. */
	{ "threads", WHOLE(read_threads) },
	{ "base_path", WHOLE(read_base_path) },
};
#define COUNT (sizeof rows / sizeof *rows)

static void read_rows(
    const struct node *group, size_t count, struct conf_listener *listener)
{
	const struct settings settings = { .rows = rows, .count = count };
	const struct node *path = node_member(group, "unix");
	const struct node *mode = node_member(group, "mode");
	const struct node *cert = node_member(group, "tls_cert");
	const struct node *key = node_member(group, "tls_key");
	const struct node *tcp = node_member(group, "address");

	settings_read(group, &settings, listener);
	if (!tcp)
		tcp = node_member(group, "port");
	if (path && tcp)
		node_wrong(
		    tcp, "cannot be combined with unix: use one or the other");
	if (mode && !path)
		node_wrong(mode, "is for a unix socket: set unix, too");
	if (cert && !key)
		node_wrong(cert, "needs tls_key, too");
	if (key && !cert)
		node_wrong(key, "needs tls_cert, too");
	if (cert && path)
		node_wrong(cert,
		    "cannot be combined with unix: a unix socket has no TLS");
}

void listen_read(const struct node *node, void *into)
{
	read_rows(node, COUNT, into);
}

void listen_read_public(const struct node *node, void *into)
{
	node->reading->conf->has_public = true;
	read_rows(node, COUNT - 2, into);
}

/* Duplicate and overlapping networks are harmless. */
static bool read_net(const struct node *node, struct ip_net *ret_net)
{
	const char *wrong;
	struct span text;

	if (!value_text(node, &text))
		return false;
	if (!ip_net_parse(text, ret_net, &wrong))
		return node_wrong(node, "%s", wrong);
	if (ret_net->bits == 0 ||
	    (ip_is_v4(&ret_net->ip) && ret_net->bits == 96))
		node_warn(node,
		    "everybody is trusted as a proxy: anybody can claim "
		    "any address, and nobody's connections are limited");
	return true;
}

void listen_read_proxies(const struct node *node, void *into)
{
	struct ip_net *nets;
	size_t count = 0;

	if (!value_list(node, "strings"))
		return;
	nets = arena_get(node_keep(node), (node->count + 1) * sizeof *nets);
	for (size_t i = 0; i < node->count; i++)
		if (read_net(node_at(node, i), &nets[count]))
			count++;
	*(struct ip_nets *)into = (struct ip_nets){ nets, count };
}

/* Whether two names lead to the same file, which need not exist. */
static bool same_path(struct arena *arena, const char *a, const char *b)
{
	struct stat x, y;
	size_t a_slash = span_find_last(span_of(a), '/');
	size_t b_slash = span_find_last(span_of(b), '/');
	const char *a_name = a + (a[a_slash] ? a_slash + 1 : 0);
	const char *b_name = b + (b[b_slash] ? b_slash + 1 : 0);

	return strcmp(a, b) == 0 ||
	       (strcmp(a_name, b_name) == 0 &&
		   stat(paths_folder(arena, a), &x) == 0 &&
		   stat(paths_folder(arena, b), &y) == 0 &&
		   x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

/* Whether a wildcard address includes another one. A socket on :: accepts
 * IPv4, too. */
static bool takes_in(const struct ip *all, const struct ip *one)
{
	static const struct ip any_v6 = { { 0 } };
	static const struct ip any_v4 = { { [10] = 0xff, 0xff } };

	return memcmp(all, &any_v6, sizeof *all) == 0 ||
	       (memcmp(all, &any_v4, sizeof *all) == 0 && ip_is_v4(one));
}

/* Why the two listeners cannot coexist; NULL: they can. */
static const char *clash(struct reading *reading)
{
	const struct conf_listener *a = &reading->conf->listen;
	const struct conf_listener *b = &reading->conf->public;
	struct arena *arena = &reading->scratch;
	struct ip x, y;

	if (a->unix_path && b->unix_path)
		return same_path(arena, a->unix_path, b->unix_path)
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
	return arena_print(arena,
	    "has the same port as listen, and %s includes %s: use another port",
	    takes_in(&x, &y) ? a->address : b->address,
	    takes_in(&x, &y) ? b->address : a->address);
}

/* Whether clients send requests to slotd: to /u/, /f/ or a caller's base. */
static bool serves_clients(const struct conf *conf)
{
	if (conf_sends(conf))
		return true;
	for (size_t i = 0; i < conf->storage_count; i++)
		if (conf->storages[i].takes_uploads ||
		    conf->storages[i].gives_files)
			return true;
	return false;
}

void listen_check(const struct node *root)
{
	const struct conf *conf = root->reading->conf;
	const struct node *listen = node_member(root, "listen");
	const char *wrong = conf->has_public ? clash(root->reading) : NULL;

	if (wrong)
		node_wrong(node_member(root, "public"), "%s", wrong);
	if (root->reading->has_store && serves_clients(conf) &&
	    !conf->has_public && !conf_is_private(&conf->listen))
		node_warn(node_member(listen, "address"),
		    "everybody who can reach this address for uploads and "
		    "downloads can reach POST /slot, too: add a public "
		    "listener for them");
}
