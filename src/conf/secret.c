#include "conf/secret.h"

#include "core/litter.h"
#include "fence/fence.h"
#include "net/input.h"
#include "store/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The commands that correct the mode of a file. */
static const char *advice(
    const struct node *node, const char *path, struct owner owner)
{
	/* The path occurs twice, and each byte may become four. */
	size_t size = 8 * strlen(path) + 64;
	struct buf out;

	buf_init(&out, arena_get(node_scratch(node), size), size);
	readable_advice_here(&out, path, owner);
	return out.at;
}

static bool check_mode(const struct node *node, const char *path,
    const struct stat *status, bool secret)
{
	const struct owner owner = { status->st_uid, status->st_gid };
	const mode_t mode = status->st_mode;

	if (!S_ISREG(mode))
		return node_wrong(node, "%s is not a regular file", path);
	if (mode & S_IWOTH) {
		if (secret)
			node_wrong(node,
			    "%s is world-writable: %s; then make a new secret",
			    path, advice(node, path, owner));
		else
			node_wrong(node, "%s is world-writable: chmod 644 %s",
			    path, path);
		return false;
	}
	if (secret && (mode & S_IROTH))
		node_warn(node, "%s is world-readable: %s", path,
		    advice(node, path, owner));
	return true;
}

static bool check_content(
    const struct node *node, const char *path, size_t max, struct span *content)
{
	if (content->len > 0 && content->at[content->len - 1] == '\n')
		content->len--;
	if (content->len == 0)
		return node_wrong(node, "%s is empty", path);
	if (content->len > max)
		return node_wrong(
		    node, "%s is larger than %zu bytes", path, max);
	return true;
}

/* What helps a user who may not read a file; empty: nothing that is known. */
static const char *permission_advice(const struct node *node, const char *path)
{
	struct stat status;

	/* A janitor's file is not for the service's user. */
	if (access(path, R_OK) == 0 || stat(path, &status) != 0 ||
	    node->reading->janitor == JANITOR_READ)
		return "";
	/* Another group would take the file from the service, or from the
	 * XMPP server, if somebody else runs this. */
	if (status.st_gid != 0 && (status.st_mode & S_IRGRP))
		return "only its owner and its group may. To try it as "
		       "the service's user: runuser -u slotd -- slotd check";
	return advice(
	    node, path, (struct owner){ status.st_uid, status.st_gid });
}

static bool cannot_read(const struct node *node, const char *path)
{
	char hint[UNIT_HINT];
	const char *more = "";
	int error = errno;

	unit_path_hint(error, path, hint);
	if (error == EACCES && !*hint)
		more = permission_advice(node, path);
	return node_wrong(node, "cannot read %s: %s%s%s%s", path,
	    fence_error(error, path), hint, *more ? ": " : "", more);
}

static bool read_open(const struct node *node, const char *path, int fd,
    size_t max, bool is_secret, struct span *ret_text)
{
	struct stat status;
	char *content;
	ssize_t len;

	if (fstat(fd, &status) < 0)
		return cannot_read(node, path);
	if (!check_mode(node, path, &status, is_secret))
		return false;
	/* One more for the newline, and one to notice a longer file. */
	content = arena_try(node_scratch(node), max + 2);
	if (!content) {
		close(fd);
		arena_none();
	}
	len = input_read(fd, content, max + 2);
	if (len < 0)
		return cannot_read(node, path);
	*ret_text = (struct span){ content, (size_t)len };
	return check_content(node, path, max, ret_text);
}

static bool read_file(const struct node *node, const char *path, size_t max,
    bool is_secret, struct span *ret_text)
{
	/* Opening a FIFO must not block. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	bool ok;

	if (fd < 0)
		return cannot_read(node, path);
	ok = read_open(node, path, fd, max, is_secret, ret_text);
	close(fd);
	return ok;
}

bool secret_read_file(
    const struct node *node, size_t max, struct span *ret_text)
{
	const char *path;

	return value_path(node, &path) &&
	       read_file(node, path, max, true, ret_text);
}

bool secret_read_public(
    const struct node *node, size_t max, struct span *ret_text)
{
	const char *path;

	return value_path(node, &path) &&
	       read_file(node, path, max, false, ret_text);
}

void secret_warn_of_litter(
    const struct node *node, const char *what, struct span secret)
{
	const char *litter = litter_of(secret);

	if (litter)
		node_warn(node, "%s %s, which counts as part of the secret",
		    what, litter);
}

static bool check_origin(const struct node *node)
{
	struct origin *origin =
	    faults_place(&node->reading->faults, node->line).origin;
	const char *commands = advice(node, origin->name, origin->owner);

	if (origin->mode & S_IWOTH)
		return node_wrong(node,
		    "%s holds a secret and is world-writable: %s; then make a "
		    "new secret",
		    origin->name, commands);
	if ((origin->mode & S_IROTH) && !origin->warned) {
		origin->warned = true;
		node_warn(node,
		    "%s holds a secret and is world-readable: %s; or move each "
		    "secret to a file of its own",
		    origin->name, commands);
	}
	return true;
}

/* A secret that stands in the configuration. */
static bool read_inline(
    const struct node *node, size_t max, struct span *ret_secret)
{
	struct span secret;

	if (node->type != NODE_STRING)
		return value_text(node, &secret);
	if (!check_origin(node))
		return false;
	secret = span_of(node->string);
	if (secret.len == 0)
		return node_wrong(node, "is empty");
	if (secret.len > max)
		return node_wrong(node, "is longer than %zu bytes", max);
	secret_warn_of_litter(node, "this", secret);
	*ret_secret = secret;
	return true;
}

static bool read_from_file(
    const struct node *node, size_t max, struct secret *ret_secret)
{
	struct span text = SPAN_EMPTY;

	if (!value_path(node, &ret_secret->path) ||
	    !read_file(node, ret_secret->path, max, true, &text))
		return false;
	/* Other programs cannot handle a NUL byte, and HMAC ignores NUL bytes
	 * at the end of a key. */
	if (span_find(text, '\0') < text.len)
		return node_wrong(node, "the file %s", litter_of(text));
	secret_warn_of_litter(node, "the file", text);
	ret_secret->text = text;
	return true;
}

bool secret_read(
    const struct node *node, bool file, size_t max, struct secret *ret_secret)
{
	*ret_secret = (struct secret){ .node = node, .text = SPAN_EMPTY };
	return file ? read_from_file(node, max, ret_secret)
		    : read_inline(node, max, &ret_secret->text);
}

struct secret secret_member(
    const struct node *group, const char *name, size_t max)
{
	const char *names =
	    arena_print(node_scratch(group), "%s|%s_file", name, name);
	const struct node *node = node_only(group, names);
	struct secret secret = { .text = SPAN_EMPTY };

	if (node &&
	    secret_read(node, strcmp(node->name, name) != 0, max, &secret))
		secret.text = arena_copy(node_keep(group), secret.text);
	return secret;
}

bool secret_is_new(const struct node *node, struct span secret)
{
	struct reading *reading = node->reading;
	struct seen_secret *seen = arena_get(&reading->scratch, sizeof *seen);

	sha256(secret, seen->digest);
	for (const struct seen_secret *s = reading->secrets; s; s = s->next) {
		if (!equal_constant_time(s->digest, seen->digest, HASH_SIZE))
			continue;
		return node_wrong(node,
		    "is the same secret as %s: each caller needs its own",
		    s->path);
	}
	seen->path = node_path(node);
	seen->next = reading->secrets;
	reading->secrets = seen;
	return true;
}
