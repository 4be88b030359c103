#include "conf/secret.h"

#include "core/litter.h"
#include "net/input.h"
#include "store/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct seen_secret {
	struct seen_secret *next;
	uint8_t digest[HASH_SIZE];
	const char *path;
};

/* The commands that put it right. */
static const char *advice(
    struct reader *reader, const char *path, struct owner owner)
{
	/* Twice the path, each of its letters escaped, and some words. */
	size_t size = 8 * strlen(path) + 64;
	struct buf out;

	buf_init(&out, memory_get(reader->scratch, size), size);
	readable_advice_here(&out, path, owner);
	return buf_span(&out).at;
}

static bool check_mode(struct reader *reader, const struct node *node,
    const char *path, const struct stat *status, bool secret)
{
	const struct owner owner = { status->st_uid, status->st_gid };
	const mode_t mode = status->st_mode;

	if (!S_ISREG(mode)) {
		node_wrong(reader, node, "%s is no regular file", path);
		return false;
	}
	if (mode & S_IWOTH) {
		if (secret)
			node_wrong(reader, node,
			    "%s is world-writable: %s, and make a new secret",
			    path, advice(reader, path, owner));
		else
			node_wrong(reader, node,
			    "%s is world-writable: chmod 644 %s", path, path);
		return false;
	}
	if (secret && (mode & S_IROTH))
		node_warn(reader, node, "%s is world-readable: %s", path,
		    advice(reader, path, owner));
	return true;
}

static bool check_content(struct reader *reader, const struct node *node,
    const char *path, size_t max, struct span *content)
{
	if (content->len > 0 && content->at[content->len - 1] == '\n')
		content->len--;
	if (content->len == 0) {
		node_wrong(reader, node, "%s is empty", path);
		return false;
	}
	if (content->len > max) {
		node_wrong(
		    reader, node, "%s holds more than %zu bytes", path, max);
		return false;
	}
	return true;
}

void secret_warn_of_litter(struct reader *reader, const struct node *node,
    const char *what, struct span secret)
{
	const char *litter = litter_of(secret);

	if (litter)
		node_warn(reader, node,
		    "%s %s, which counts as part of the secret", what, litter);
}

static bool read_file(struct reader *reader, const struct node *node,
    size_t max, bool is_secret, struct span *ret_secret)
{
	char hint[UNIT_HINT];
	struct stat status;
	const char *path;
	char *content;
	ssize_t len = -1;
	int fd;

	if (!read_path(reader, node, &path))
		return false;
	/* Not to wait for whoever writes into a FIFO. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &status) < 0) {
		unit_path_hint(errno, path, hint);
		node_wrong(reader, node, "cannot read %s: %s%s", path,
		    strerror(errno), hint);
		if (fd >= 0)
			close(fd);
		return false;
	}
	if (!check_mode(reader, node, path, &status, is_secret)) {
		close(fd);
		return false;
	}
	/* One for the newline, one to see that there is more. */
	content = memory_try(reader->scratch, max + 2);
	if (!content) {
		close(fd);
		memory_none();
	}
	len = input_read(fd, content, max + 2);
	if (len < 0)
		node_wrong(
		    reader, node, "cannot read %s: %s", path, strerror(errno));
	close(fd);
	if (len < 0)
		return false;
	struct span secret = { content, (size_t)len };
	if (!check_content(reader, node, path, max, &secret))
		return false;
	*ret_secret = secret;
	return true;
}

bool secret_read_file(struct reader *reader, const struct node *node,
    size_t max, struct span *ret_secret)
{
	return read_file(reader, node, max, true, ret_secret);
}

bool secret_read_public(struct reader *reader, const struct node *node,
    size_t max, struct span *ret_text)
{
	return read_file(reader, node, max, false, ret_text);
}

bool secret_read_one(struct reader *reader, const struct node *node, size_t max,
    struct span *ret_secret)
{
	if (!secret_read_file(reader, node, max, ret_secret))
		return false;
	/* No other program takes such a secret, and to HMAC those at its end
	 * would be nothing. */
	if (span_find(*ret_secret, '\0') < ret_secret->len) {
		node_wrong(reader, node, "the file %s", litter_of(*ret_secret));
		return false;
	}
	secret_warn_of_litter(reader, node, "the file", *ret_secret);
	return true;
}

static bool check_source(struct reader *reader, const struct node *node)
{
	struct source *source =
	    faults_place(reader->faults, node_line(node)).source;

	if (source->mode & S_IWOTH) {
		node_wrong(reader, node,
		    "%s holds a secret and is world-writable: %s, and make a "
		    "new secret",
		    source->name, advice(reader, source->name, source->owner));
		return false;
	}
	if ((source->mode & S_IROTH) && !source->warned) {
		source->warned = true;
		node_warn(reader, node,
		    "%s holds a secret and is world-readable: %s (or keep "
		    "secrets in files of their own)",
		    source->name, advice(reader, source->name, source->owner));
	}
	return true;
}

bool secret_read_inline(struct reader *reader, const struct node *node,
    size_t max, struct span *ret_secret)
{
	struct span secret;

	if (node_type(node) != NODE_STRING)
		return read_text(reader, node, &secret);
	if (!check_source(reader, node))
		return false;
	secret = span_of(node_string(node));
	if (secret.len == 0) {
		node_wrong(reader, node, "is empty");
		return false;
	}
	if (secret.len > max) {
		node_wrong(reader, node, "is longer than %zu bytes", max);
		return false;
	}
	secret_warn_of_litter(reader, node, "this", secret);
	*ret_secret = secret;
	return true;
}

bool secret_is_new(
    struct reader *reader, const struct node *node, struct span secret)
{
	struct seen_secret *seen = memory_get(reader->scratch, sizeof *seen);
	char memory[256];
	struct buf path;

	sha256(secret, seen->digest);
	for (const struct seen_secret *s = reader->seen; s; s = s->next) {
		if (!equal_constant_time(s->digest, seen->digest, HASH_SIZE))
			continue;
		node_wrong(reader, node,
		    "is the same secret as %s: each needs its own", s->path);
		return false;
	}
	buf_init(&path, memory, sizeof memory);
	node_path(node, &path);
	seen->path = memory_copy(reader->scratch, buf_span(&path)).at;
	seen->next = reader->seen;
	reader->seen = seen;
	return true;
}
