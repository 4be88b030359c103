#include "store/fs_private.h"

#include "slot/media_type.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define PROBE ".probe"

static enum failure sign(struct store *store,
    const struct store_request *request, struct store_slot *ret_slot,
    struct refusal *why)
{
	const struct fs *fs = (const struct fs *)store;
	int64_t expires = request->now + fs->config.put_ttl;
	enum failure failure;

	if (!fs_path_valid(request->key)) {
		why->detail = "jid: its domain is too long for this server's "
			      "keys";
		return FAILURE_BAD_REQUEST;
	}
	if (request->type.len > MEDIA_TYPE_MAX) {
		why->reason = "the media type is too long for a token";
		return FAILURE_INTERNAL;
	}
	failure = fs_room_check(fs, request->size, why);
	if (failure)
		return failure;
	buf_add(ret_slot->put, fs->config.public_url);
	buf_text(ret_slot->put, "/u/");
	fs_token_make(fs, request, expires, ret_slot->put);
	buf_char(ret_slot->put, '/');
	uri_encode_path(ret_slot->put, request->key);
	buf_add(ret_slot->get, fs->config.public_url);
	buf_text(ret_slot->get, "/f/");
	uri_encode_path(ret_slot->get, request->key);
	if (!buf_ok(ret_slot->put) || !buf_ok(ret_slot->get)) {
		why->reason = "the slot's URL is too long";
		return FAILURE_INTERNAL;
	}
	ret_slot->expires = expires;
	return FAILURE_NONE;
}

static bool read_url(struct store *store, struct span url, struct buf *out)
{
	const struct fs *fs = (const struct fs *)store;
	struct span base = fs->config.public_url;
	struct span rest = span_from(url, base.len);
	size_t before = out->len;

	rest = span_first(rest, span_find(rest, '#'));
	rest = span_first(rest, span_find(rest, '?'));
	if (!span_equal(span_first(url, base.len), base) ||
	    !span_starts(rest, "/f/"))
		return false;
	if (uri_decode(out, span_from(rest, strlen("/f/"))) &&
	    fs_path_valid(span_from(buf_span(out), before)))
		return true;
	out->len = before;
	out->at[before] = '\0';
	return false;
}

static void close_store(struct store *store)
{
	struct fs *fs = (struct fs *)store;

	if (fs->root >= 0)
		close(fs->root);
	keyring_done(&fs->own);
	pthread_mutex_destroy(&fs->running_lock);
	pthread_mutex_destroy(&fs->room_lock);
	free(fs);
}

static const struct store_class class = { "fs", sign, read_url, close_store };

static bool sentence(const struct fs *fs, const char *what, const char *words,
    char *wrong, size_t wrong_size)
{
	snprintf(wrong, wrong_size, "%s: %s%s%s", fs->config.path, what,
	    *words ? ": " : "", words);
	return false;
}

static bool open_root(struct fs *fs, char *wrong, size_t wrong_size)
{
	bool made = !mkdir(fs->config.path, 0700);
	int fd;

	if (!made && errno != EEXIST)
		return sentence(
		    fs, "cannot be made", strerror(errno), wrong, wrong_size);
	fs->root = open(fs->config.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fs->root < 0)
		return sentence(fs,
		    errno == ENOTDIR ? "is no folder" : "cannot be opened",
		    errno == ENOTDIR ? "" : strerror(errno), wrong, wrong_size);
	if (made) {
		int parent =
		    openat(fs->root, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		/* Without leave to read it, its durability is left to the
		 * system. */
		if (parent >= 0) {
			fs_path_sync(parent);
			close(parent);
		}
	}
	fd = fs_path_open(fs->root, span_of("."), O_PATH);
	if (fd < 0)
		return sentence(fs,
		    errno == ENOSYS
			? "the embedded store needs Linux 5.6 or newer"
			: "openat2 is refused",
		    strerror(errno), wrong, wrong_size);
	close(fd);
	return true;
}

/* Tries on a nameless file all that an upload will need. */
static bool probe_file(struct fs *fs, int fd, char *wrong, size_t wrong_size)
{
	fs->has_types = !fsetxattr(fd, FS_XATTR_TYPE, "a/b", 3, 0);
	if (fs_path_link(fd, fs->root, PROBE) && errno != EEXIST)
		return sentence(fs,
		    "a finished file cannot be linked into place (is /proc "
		    "mounted?)",
		    strerror(errno), wrong, wrong_size);
	unlinkat(fs->root, PROBE, 0);
	return true;
}

static bool probe(struct fs *fs, char *wrong, size_t wrong_size)
{
	int fd = openat(fs->root, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	bool ok;

	if (fd < 0 &&
	    (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		return sentence(fs,
		    "this file system has no O_TMPFILE; use ext4, XFS, btrfs "
		    "or tmpfs",
		    "", wrong, wrong_size);
	if (fd < 0)
		return sentence(fs, "files cannot be made in it",
		    strerror(errno), wrong, wrong_size);
	ok = probe_file(fs, fd, wrong, wrong_size);
	close(fd);
	return ok;
}

struct fs *fs_open(
    const struct fs_config *config, char *wrong, size_t wrong_size)
{
	struct fs *fs = calloc(1, sizeof *fs);

	if (!fs) {
		snprintf(wrong, wrong_size, "out of memory");
		return NULL;
	}
	fs->store.class = &class;
	fs->config = *config;
	fs->keyring = config->keyring ? config->keyring : &fs->own;
	fs->root = -1;
	pthread_mutex_init(&fs->running_lock, NULL);
	pthread_mutex_init(&fs->room_lock, NULL);
	if (open_root(fs, wrong, wrong_size) && probe(fs, wrong, wrong_size) &&
	    (config->keyring || fs_key_open(fs, wrong, wrong_size))) {
		fs_until_mark(fs);
		return fs;
	}
	close_store(&fs->store);
	return NULL;
}

struct store *fs_store(struct fs *fs)
{
	return &fs->store;
}

const struct keyring *fs_keyring(const struct fs *fs)
{
	return fs->keyring;
}
