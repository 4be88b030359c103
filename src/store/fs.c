#include "store/fs_private.h"

#include "slot/link.h"
#include "slot/media_type.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum failure sign(struct store *store,
    const struct store_request *request, struct store_slot *ret_slot,
    struct refusal *why)
{
	const struct fs *fs = (const struct fs *)store;
	const struct fs_disk_fault *fault = fs_disk_fault(fs);
	int64_t expires = request->now + fs->config.put_ttl;
	enum failure failure;

	if (fs_lack(fs)) {
		why->reason = fs_lack(fs);
		return FAILURE_UNAVAILABLE;
	}
	if (fault) {
		why->reason = fault->reason;
		return fault->failure;
	}
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
	char memory[LINK_PATH_MAX + 1];
	struct span key;
	struct buf rest;

	buf_init(&rest, memory, sizeof memory);
	if (!link_below(url, fs->config.public_url, &rest) ||
	    !span_starts(buf_span(&rest), "f/"))
		return false;
	key = span_from(buf_span(&rest), 2);
	if (!fs_path_valid(key))
		return false;
	buf_add(out, key);
	return buf_ok(out);
}

static void close_store(struct store *store)
{
	struct fs *fs = (struct fs *)store;

	fs_folder_release(fs->folder);
	keyring_done(&fs->own);
	free(fs);
}

static const struct store_class class = { "fs", sign, read_url, close_store };

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

static struct fs *no_memory(char *wrong, size_t wrong_size)
{
	snprintf(wrong, wrong_size, "out of memory");
	return NULL;
}

/* With a folder of its own. */
static struct fs *make_first(
    const struct fs_config *config, char *wrong, size_t wrong_size)
{
	struct fs_folder *folder = fs_folder_new(config->path);
	struct fs *fs = folder ? make(config) : NULL;

	if (!fs) {
		fs_folder_release(folder);
		return no_memory(wrong, wrong_size);
	}
	fs->folder = folder;
	return fs;
}

static struct fs *finish(struct fs *fs, bool ok, char *wrong, size_t wrong_size)
{
	if (ok &&
	    (fs->config.keyring || fs_key_open(fs, true, wrong, wrong_size))) {
		fs_until_mark(fs);
		return fs;
	}
	close_store(&fs->store);
	return NULL;
}

struct fs *fs_open(
    const struct fs_config *config, char *wrong, size_t wrong_size)
{
	struct fs *fs = make_first(config, wrong, wrong_size);

	if (!fs)
		return NULL;
	return finish(fs, fs_folder_open(fs->folder, true, wrong, wrong_size),
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

struct fs *fs_look(
    const struct fs_config *config, char *wrong, size_t wrong_size)
{
	struct fs *fs = make_first(config, wrong, wrong_size);

	if (fs &&
	    fs_folder_open(fs->folder, false, fs->lack, sizeof fs->lack) &&
	    !config->keyring)
		fs_key_open(fs, false, fs->lack, sizeof fs->lack);
	return fs;
}

const char *fs_lack(const struct fs *fs)
{
	return *fs->lack ? fs->lack : NULL;
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
	return fs->keyring->count ? fs->keyring : NULL;
}
