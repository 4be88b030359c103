#include "conf/parse.h"

#include "conf/tree.h"
#include "core/buf.h"
#include "fence/fence.h"
#include "net/input.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * A process that parses for this one. It is forked at the start, while there
 * are no other threads and no fence, and no secrets were read, and waits for
 * sockets. For each that it is sent it forks a child, which reads a text from
 * it, parses, and writes the tree. So libconfig may end that child, its memory
 * goes with it, and nothing is forked from a process with threads and open
 * connections, whose copies would stay open with the child.
 */

/* The time limit of a child; the largest text takes less than a second. */
#define SECONDS 10
#define NAME "slotd-reads"
/* More than any text or tree has, see TEXT_MAX. */
#define SIZE_LIMIT (64u << 20)

/* Where sockets are sent to it; -1: there is no such process. */
static int reader = -1;

static bool write_all(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size > 0) {
		ssize_t done = write(fd, at, size);

		if (done < 0 && errno != EINTR)
			return false; /* SIGPIPE is blocked or ignored */
		at += done > 0 ? done : 0;
		size -= done > 0 ? (size_t)done : 0;
	}
	return true;
}

/* False also when the other side has ended before. */
static bool read_whole(int fd, void *bytes, size_t size)
{
	return input_read(fd, bytes, size) == (ssize_t)size;
}

/* --- the reader -----------------------------------------------------------*/

static char *read_text(int fd)
{
	char *text;
	size_t size;

	if (!read_whole(fd, &size, sizeof size) || size > SIZE_LIMIT)
		return NULL;
	text = calloc(1, size + 1);
	if (text && !read_whole(fd, text, size)) {
		free(text);
		text = NULL;
	}
	return text;
}

/* Without what the parent's exit would do: it is the parent's to do. */
static _Noreturn void parse_and_exit(int fd)
{
	struct tree *tree;
	char *text;

	alarm(SECONDS);
	text = read_text(fd);
	tree = text ? tree_read(text) : NULL;
	_exit(tree && write_all(fd, tree, tree->size) ? 0 : 1);
}

/* A socket that was sent; -1: there will be no more. */
static int receive_socket(int from)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte;
	struct iovec part = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes,
	};
	ssize_t got;
	int fd;

	do {
		got = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got <= 0 || !message.msg_controllen)
		return -1;
	memcpy(&fd, CMSG_DATA(&control.head), sizeof fd);
	return fd;
}

/* Signals for the whole group of processes, as `systemctl kill` sends them, do
 * not end it: the reload that one asks for would fail. */
static void shield(void)
{
	sigset_t signals;

	signal(SIGALRM, SIG_DFL);
	signal(SIGCHLD, SIG_IGN); /* and no child needs to be waited for */
	sigfillset(&signals);
	sigdelset(&signals, SIGALRM);
	sigprocmask(SIG_SETMASK, &signals, NULL);
}

/* It keeps that one socket, and writes what libconfig says nowhere. */
static bool drop_files(int from)
{
	int none = open("/dev/null", O_RDWR);

	if (none < 0 || dup2(none, STDIN_FILENO) < 0 ||
	    dup2(none, STDOUT_FILENO) < 0 || dup2(none, STDERR_FILENO) < 0)
		return false;
	if (dup2(from, STDERR_FILENO + 1) < 0)
		return false;
	return close_range(STDERR_FILENO + 2, ~0u, 0) == 0;
}

/* It ends with the other process, whose end of the socket is closed then. */
static _Noreturn void serve(int from)
{
	int list, fd;

	prctl(PR_SET_NAME, NAME);
	shield();
	if (!drop_files(from))
		_exit(1);
	from = STDERR_FILENO + 1;
	/* Without a fence where the system has none. */
	list = fence_files();
	if (list >= 0)
		fence_draw_files(list);
	fence_draw_calls(FENCE_READER);
	if (!write_all(from, "", 1))
		_exit(1);
	while ((fd = receive_socket(from)) >= 0) {
		if (fork() == 0)
			parse_and_exit(fd);
		close(fd);
	}
	_exit(0);
}

pid_t parse_start(void)
{
	int ends[2];
	pid_t child;
	char ready;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -1;
	child = fork();
	if (child == 0)
		serve(ends[1]);
	close(ends[1]);
	/* It may have ended: it needs /dev/null, and Linux 5.9. */
	if (child > 0 && read_whole(ends[0], &ready, 1)) {
		reader = ends[0];
		return child;
	}
	close(ends[0]);
	if (child > 0)
		waitpid(child, NULL, 0);
	return -1;
}

/* --- whom it reads for ----------------------------------------------------*/

/* Gives 0 or an errno. */
static int send_socket(int to, int fd)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte = 0;
	struct iovec part = { &byte, 1 };
	const struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes,
	};

	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
	return sendmsg(to, &message, MSG_NOSIGNAL) < 0 ? errno : 0;
}

/* The tree that the child writes; NULL: it has ended before, or there is no
 * memory. */
static struct tree *receive(struct arena *arena, int fd)
{
	struct tree head, *tree;

	if (!read_whole(fd, &head, sizeof head) || head.size < sizeof head ||
	    head.size > SIZE_LIMIT)
		return NULL;
	tree = arena_try(arena, head.size);
	if (!tree)
		return NULL;
	*tree = head;
	return read_whole(
		   fd, (char *)tree + sizeof head, head.size - sizeof head)
		   ? tree
		   : NULL;
}

static struct tree *ask(struct arena *arena, const char *text, int fd)
{
	const struct timeval most = { SECONDS * 2, 0 };
	const size_t size = strlen(text);

	/* Also where the reader is stopped. */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
	return write_all(fd, &size, sizeof size) && write_all(fd, text, size)
		   ? receive(arena, fd)
		   : NULL;
}

static struct tree *read_here(struct arena *arena, const char *text)
{
	struct tree *tree = tree_read(text), *kept;

	kept = tree ? arena_try(arena, tree->size) : NULL;
	if (kept)
		memcpy(kept, tree, tree->size);
	free(tree);
	return kept;
}

/*
 * If there is no reader, since none could be started or it was killed, this
 * process parses itself. If there is one, but its child failed, memory is
 * short, and parsing here might end the process.
 */
static struct tree *read_apart(struct arena *arena, const char *text)
{
	struct tree *tree = NULL;
	int ends[2], error;

	if (reader < 0)
		return read_here(arena, text);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return NULL;
	error = send_socket(reader, ends[1]);
	close(ends[1]);
	if (!error)
		tree = ask(arena, text, ends[0]);
	close(ends[0]);
	return error == EPIPE || error == ECONNRESET ? read_here(arena, text)
						     : tree;
}

/* --- strings --------------------------------------------------------------*/

/* "3;" is the string with the number 3; "3;4;" are two in a row. */
static const char *resolve(struct reading *reading, const char *places)
{
	const struct span *strings = reading->text.strings;
	size_t size = 1;
	struct buf out = { 0 };

	for (int again = 0; again < 2; again++) {
		const char *at = places;

		if (again)
			buf_init(
			    &out, arena_get(&reading->scratch, size), size);
		while ((at = strpbrk(at, "0123456789"))) {
			char *end;
			unsigned long number = strtoul(at, &end, 10);

			at = end;
			if (again)
				buf_add(&out, strings[number]);
			else
				size += strings[number].len;
		}
	}
	return out.at;
}

const struct node *parse_text(struct reading *reading, bool apart,
    const char **ret_wrong, unsigned *ret_line)
{
	struct arena *arena = &reading->scratch;
	const char *text = reading->text.at;
	struct tree *tree =
	    apart ? read_apart(arena, text) : read_here(arena, text);

	if (!tree)
		arena_none();
	/* cppcheck-suppress nullPointerRedundantCheck ; arena_none ends it */
	for (uint32_t i = 0; i < tree->count; i++) {
		struct node *node = &tree->nodes[i];

		node->reading = reading;
		node->name = tree_text(tree, node->name_at);
		if (node->type == NODE_STRING)
			node->string = resolve(
			    reading, tree_text(tree, (size_t)node->integer));
	}
	if (tree->count)
		return tree->nodes;
	*ret_wrong = tree_text(tree, tree->wrong);
	*ret_line = tree->line;
	return NULL;
}
