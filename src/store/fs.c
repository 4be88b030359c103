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

static void release_folder(struct fs_folder *folder)
{
	if (!folder || atomic_fetch_sub(&folder->holders, 1) > 1)
		return;
	if (folder->root >= 0)
		close(folder->root);
	pthread_mutex_destroy(&folder->running_lock);
	pthread_mutex_destroy(&folder->room_lock);
	free(folder->path);
	free(folder);
}

static struct fs_folder *make_folder(const char *path)
{
	struct fs_folder *folder = calloc(1, sizeof *folder);

	if (!folder)
		return NULL;
	folder->path = strdup(path);
	if (!folder->path) {
		free(folder);
		return NULL;
	}
	folder->root = -1;
	atomic_init(&folder->holders, 1);
	pthread_mutex_init(&folder->running_lock, NULL);
	pthread_mutex_init(&folder->room_lock, NULL);
	return folder;
}

static void close_store(struct store *store)
{
	struct fs *fs = (struct fs *)store;

	release_folder(fs->folder);
	keyring_done(&fs->own);
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
	fs->folder->root =
	    open(fs->config.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fs->folder->root < 0)
		return sentence(fs,
		    errno == ENOTDIR ? "is no folder" : "cannot be opened",
		    errno == ENOTDIR ? "" : strerror(errno), wrong, wrong_size);
	if (made) {
		int parent = openat(
		    fs->folder->root, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		/* Without leave to read it, its durability is left to the
		 * system. */
		if (parent >= 0) {
			fs_path_sync(parent);
			close(parent);
		}
	}
	fd = fs_path_open(fs->folder->root, span_of("."), O_PATH);
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
	fs->folder->has_types = !fsetxattr(fd, FS_XATTR_TYPE, "a/b", 3, 0);
	if (fs_path_link(fd, fs->folder->root, PROBE) && errno != EEXIST)
		return sentence(fs,
		    "a finished file cannot be linked into place (is /proc "
		    "mounted?)",
		    strerror(errno), wrong, wrong_size);
	unlinkat(fs->folder->root, PROBE, 0);
	return true;
}

static bool probe(struct fs *fs, char *wrong, size_t wrong_size)
{
	int fd = openat(
	    fs->folder->root, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
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

static struct fs *make(const struct fs_config *config)
{
	struct fs *fs = calloc(1, sizeof *fs);

	if (!fs)
		return NULL;
	fs->store.class = &class;
	fs->config = *config;
	fs->keyring = config->keyring ? config->keyring : &fs->own;
	return fs;
}

static struct fs *finish(struct fs *fs, bool ok, char *wrong, size_t wrong_size)
{
	if (ok && (fs->config.keyring || fs_key_open(fs, wrong, wrong_size))) {
		fs_until_mark(fs);
		return fs;
	}
	close_store(&fs->store);
	return NULL;
}

static struct fs *no_memory(char *wrong, size_t wrong_size)
{
	snprintf(wrong, wrong_size, "out of memory");
	return NULL;
}

struct fs *fs_open(
    const struct fs_config *config, char *wrong, size_t wrong_size)
{
	struct fs_folder *folder = make_folder(config->path);
	struct fs *fs = folder ? make(config) : NULL;

	if (!fs) {
		release_folder(folder);
		return no_memory(wrong, wrong_size);
	}
	fs->folder = folder;
	return finish(fs,
	    open_root(fs, wrong, wrong_size) && probe(fs, wrong, wrong_size),
	    wrong, wrong_size);
}

struct fs *fs_open_again(const struct fs_config *config,
    const struct fs *before, char *wrong, size_t wrong_size)
{
	struct fs *fs = make(config);

	if (!fs)
		return no_memory(wrong, wrong_size);
	fs->folder = before->folder;
	atomic_fetch_add(&fs->folder->holders, 1);
	fs->config.path = fs->folder->path;
	return finish(fs, true, wrong, wrong_size);
}

const char *fs_folder_path(const struct fs *fs)
{
	return fs->folder->path;
}

struct store *fs_store(struct fs *fs)
{
	return &fs->store;
}

const struct keyring *fs_keyring(const struct fs *fs)
{
	return fs->keyring;
}
