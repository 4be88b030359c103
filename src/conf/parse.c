#include "conf/parse.h"

#include "conf/tree.h"
#include "core/buf.h"
#include "net/input.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static atomic_bool child_works;

/* The time limit of a child; the largest text takes less than a second. */
#define SECONDS 10

/* --- the child ------------------------------------------------------------*/

static char *read_all(int fd)
{
	struct stat status;
	char *text;
	size_t size;

	if (fstat(fd, &status) < 0)
		return NULL;
	size = (size_t)status.st_size;
	text = calloc(1, size + 1);
	if (text && input_read(fd, text, size) != (ssize_t)size) {
		free(text);
		text = NULL;
	}
	return text;
}

static bool write_all(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size > 0) {
		ssize_t done = write(fd, at, size);

		if (done < 0 && errno != EINTR)
			return false;
		at += done > 0 ? done : 0;
		size -= done > 0 ? (size_t)done : 0;
	}
	return true;
}

int parse_child(void)
{
	struct tree *tree;
	char *text;
	bool done;

	alarm(SECONDS);
	text = read_all(STDIN_FILENO);
	tree = text ? tree_read(text) : NULL;
	done = tree && write_all(STDOUT_FILENO, tree, tree->size);
	free(tree);
	free(text);
	return done ? 0 : 1;
}

/* --- the parent -----------------------------------------------------------*/

/* The child inherits the two descriptors and no others. A signal for the whole
 * group of processes, as `systemctl kill` sends it, must not end it: the
 * reload that the signal asks for would fail. Gives 0 or an errno. */
static int spawn(int from, int to, pid_t *ret_child)
{
	char name[] = PARSE_CHILD;
	char *const arguments[] = { name, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t signals;
	int error;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, from, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, to, STDOUT_FILENO);
	/* libconfig writes to stderr when it runs out of memory. */
	posix_spawn_file_actions_addopen(
	    &files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(
	    &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	sigemptyset(&signals);
	sigaddset(&signals, SIGALRM);
	posix_spawnattr_setsigdefault(&attributes, &signals);
	sigfillset(&signals);
	sigdelset(&signals, SIGALRM);
	posix_spawnattr_setsigmask(&attributes, &signals);
	error = posix_spawn(ret_child, "/proc/self/exe", &files, &attributes,
	    arguments, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return error;
}

/* The tree that a child wrote; NULL: it is not complete, or there is no
 * memory. */
static struct tree *receive(struct arena *arena, int fd)
{
	struct stat status;
	struct tree *tree;
	size_t size;

	if (fstat(fd, &status) < 0 || lseek(fd, 0, SEEK_SET) < 0 ||
	    status.st_size < (off_t)sizeof *tree)
		return NULL;
	size = (size_t)status.st_size;
	tree = arena_try(arena, size);
	if (!tree || input_read(fd, (char *)tree, size) != (ssize_t)size ||
	    tree->size != size)
		return NULL;
	return tree;
}

/* Gives 0, or an errno when no child could be started. */
static int ask_child(struct arena *arena, const char *text, int from, int to,
    struct tree **ret_tree)
{
	pid_t child;
	int error;

	if (!write_all(from, text, strlen(text)) ||
	    lseek(from, 0, SEEK_SET) < 0)
		return ENOMEM;
	error = spawn(from, to, &child);
	if (error)
		return error;
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	*ret_tree = receive(arena, to);
	return 0;
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
 * Parent and child exchange files in memory, so neither blocks on the other.
 * If no child can be started (no /proc, a system call filter), or no child
 * has ever succeeded (a program run by the dynamic loader cannot be started
 * again), this process parses itself. If a child succeeded before, a failure
 * means that memory is short, and parsing here might end the process.
 */
static struct tree *read_apart(struct arena *arena, const char *text)
{
	int from = memfd_create("slotd.conf", MFD_CLOEXEC);
	int to = memfd_create("slotd.conf tree", MFD_CLOEXEC);
	int error = from < 0 || to < 0 ? errno : 0;
	struct tree *tree = NULL;

	if (!error)
		error = ask_child(arena, text, from, to, &tree);
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	if (tree)
		atomic_store(&child_works, true);
	else if ((error && error != ENOMEM && error != EAGAIN) ||
		 !atomic_load(&child_works))
		tree = read_here(arena, text);
	return tree;
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
