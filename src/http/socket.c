#include "http/socket.h"

#include "store/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* As many as the default of limits.connections; the system may allow less. */
#define BACKLOG 4096
#define TCP_FLAGS 13 /* offset in the header, RFC 9293 */
#define TCP_SYN 0x02

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
};

/* Long enough for each family: the kernel reads as much as it needs. */
#define ADDRESS_LEN sizeof(struct sockaddr_un)

static bool make_address(
    const struct conf_listener *listener, union address *ret_address)
{
	union address *a = ret_address;
	size_t len;

	memset(a, 0, sizeof *a);
	if (listener->unix_path) {
		len = strlen(listener->unix_path);
		a->local.sun_family = AF_UNIX;
		if (len < sizeof a->local.sun_path)
			memcpy(a->local.sun_path, listener->unix_path, len);
		return len < sizeof a->local.sun_path;
	}
	if (inet_pton(AF_INET, listener->address, &a->v4.sin_addr) == 1) {
		a->v4.sin_family = AF_INET;
		a->v4.sin_port = htons(listener->port);
		return true;
	}
	a->v6.sin6_family = AF_INET6;
	a->v6.sin6_port = htons(listener->port);
	return inet_pton(AF_INET6, listener->address, &a->v6.sin6_addr) == 1;
}

/* A socket file that no process serves is left of one that was killed. */
static void remove_stale(const char *path, const union address *address)
{
	struct stat status;
	int fd;

	if (lstat(path, &status) != 0 || !S_ISSOCK(status.st_mode))
		return;
	/* Non-blocking, since the queue of the other process may be full. */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (connect(fd, &address->any, ADDRESS_LEN) != 0 &&
	    errno == ECONNREFUSED)
		unlink(path);
	close(fd);
}

static bool set_options(int fd, int family)
{
	int on = 1, off = 0;

	if (family == AF_UNIX)
		return true;
	if (family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0)
		return false;
	return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
}

static bool bind_and_listen(
    const struct conf_listener *listener, int fd, const union address *address)
{
	if (!set_options(fd, address->any.sa_family) ||
	    bind(fd, &address->any, ADDRESS_LEN) != 0)
		return false;
	if (listener->unix_path && listener->mode &&
	    chmod(listener->unix_path, listener->mode) != 0)
		return false;
	return listen(fd, BACKLOG) == 0;
}

void socket_name(const struct conf_listener *listener, struct buf *out)
{
	bool v6;

	if (listener->unix_path) {
		buf_text(out, "unix:");
		buf_text(out, listener->unix_path);
		return;
	}
	v6 = strchr(listener->address, ':') != NULL;
	buf_text(out, v6 ? "[" : "");
	buf_text(out, listener->address);
	buf_text(out, v6 ? "]:" : ":");
	buf_u64(out, listener->port);
}

void socket_url(const struct conf_listener *listener, struct buf *out)
{
	struct conf_listener reached = *listener;
	struct in6_addr any = IN6ADDR_ANY_INIT, six;
	struct in_addr four;

	buf_text(out, listener->tls_cert.len ? "https://" : "http://");
	if (listener->unix_path) {
		buf_text(out, "localhost");
		return;
	}
	if (inet_pton(AF_INET, listener->address, &four) == 1 &&
	    four.s_addr == htonl(INADDR_ANY))
		reached.address = "127.0.0.1";
	else if (inet_pton(AF_INET6, listener->address, &six) == 1 &&
		 memcmp(&six, &any, sizeof any) == 0)
		/* This is ::1 or 127.0.0.1: containers may lack ::1. */
		reached.address = "localhost";
	socket_name(&reached, out);
}

int socket_listen(
    const struct conf_listener *listener, char *wrong, size_t wrong_size)
{
	union address address;
	char memory[160], hint[UNIT_HINT];
	struct buf name;
	int fd = -1;

	buf_init(&name, memory, sizeof memory);
	socket_name(listener, &name);
	if (!make_address(listener, &address)) {
		snprintf(wrong, wrong_size,
		    "cannot listen on %s: not an address, or too long",
		    name.at);
		return -1;
	}
	if (listener->unix_path)
		remove_stale(listener->unix_path, &address);
	fd = socket(address.any.sa_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && bind_and_listen(listener, fd, &address))
		return fd;
	if (listener->unix_path)
		unit_path_hint(errno, listener->unix_path, hint);
	else
		unit_port_hint(errno, listener->port, hint);
	snprintf(wrong, wrong_size, "cannot listen on %s: %s%s", name.at,
	    strerror(errno), hint);
	if (fd >= 0)
		close(fd);
	return -1;
}

struct socket_file socket_file(const struct conf_listener *listener)
{
	struct stat status;

	if (!listener->unix_path || lstat(listener->unix_path, &status) != 0)
		return (struct socket_file){ 0, 0 };
	return (struct socket_file){ status.st_dev, status.st_ino };
}

/* Another process may have put its own file there. */
static void remove_own(
    const struct conf_listener *listener, struct socket_file file)
{
	struct socket_file there = socket_file(listener);

	if (there.ino == file.ino && there.dev == file.dev)
		unlink(listener->unix_path);
}

void socket_leave(
    const struct conf_listener *listener, int fd, struct socket_file file)
{
	/* Drops segments with SYN set; offset 0 is the TCP header. */
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, TCP_FLAGS),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, TCP_SYN, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	const struct sock_fprog filter = { sizeof code / sizeof *code, code };

	if (listener->unix_path)
		remove_own(listener, file);
	else
		/* If the kernel refuses it, some connections are reset. */
		(void)setsockopt(
		    fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

struct peer socket_peer(const struct sockaddr_storage *address)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
	struct peer peer = { 0 };

	if (address->ss_family == AF_INET) {
		peer.ip = ip_from_v4(&v4->sin_addr);
	} else if (address->ss_family == AF_INET6) {
		memcpy(peer.ip.bytes, &v6->sin6_addr, sizeof peer.ip.bytes);
	} else {
		peer.local = true;
		return peer;
	}
	peer.loopback = ip_is_loopback(&peer.ip);
	return peer;
}

bool socket_near(int fd)
{
	struct sockaddr_storage address = { 0 };
	socklen_t len = sizeof address;
	struct peer peer;

	if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
		return false;
	peer = socket_peer(&address);
	return peer.local || peer.loopback;
}

bool socket_listens(int fd, const struct conf_listener *listener)
{
	union address wanted, found;
	socklen_t len = sizeof found;

	memset(&found, 0, sizeof found);
	if (!make_address(listener, &wanted) ||
	    getsockname(fd, &found.any, &len) != 0)
		return false;
	if (found.any.sa_family == AF_INET6)
		/* The configuration cannot name an interface. */
		found.v6.sin6_scope_id = 0;
	/* NOLINTNEXTLINE: make_address clears what it does not set */
	return memcmp(&wanted, &found, sizeof found) == 0;
}
