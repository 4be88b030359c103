#include "store/fs_private.h"

#include "slot/grant.h"
#include "slot/link.h"
#include "slot/media_type.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum failure sign(struct store *store,
    const struct store_request *request, struct store_slot *ret_slot,
    struct refusal *why)
{
	const struct fs *fs = (const struct fs *)store;
	const struct store_fault *fault = fs_disk_fault(store);
	int64_t expires = request->now + fs->config.put_ttl;
	enum failure failure;

	if (request->until && request->until < expires)
		expires = request->until;
	if (store->lack)
		return failure_reason(FAILURE_UNAVAILABLE, store->lack, why);
	if (fault)
		return failure_reason(fault->failure, fault->reason, why);
	if (!fs_path_valid(request->key))
		return failure_detail(FAILURE_BAD_REQUEST,
		    "jid: its domain is too long for this server's keys", why);
	if (request->type.len > MEDIA_TYPE_MAX)
		return failure_reason(FAILURE_INTERNAL,
		    "the media type is too long for a token", why);
	failure = fs_room_check(fs, request->size, why);
	if (failure)
		return failure;
	grant_url(&fs->keyring->roots[0], SPAN_EMPTY, fs->config.public_url,
	    request, expires, ret_slot->put);
	link_file_write(fs->config.public_url, request->key, ret_slot->get);
	if (!buf_ok(ret_slot->put) || !buf_ok(ret_slot->get))
		return failure_reason(
		    FAILURE_INTERNAL, "the slot's URL is too long", why);
	ret_slot->expires = expires;
	return FAILURE_NONE;
}

static bool read_url(struct store *store, struct span url, struct buf *out)
{
	const struct fs *fs = (const struct fs *)store;
	char memory[FS_KEY_MAX + 1];
	struct buf key = buf_of(memory, sizeof memory);

	if (!link_file_read(url, fs->config.public_url, &key) ||
	    !fs_path_valid(buf_span(&key)))
		return false;
	buf_add(out, buf_span(&key));
	return buf_ok(out);
}

static enum failure share(struct store *store, struct span key, int64_t now,
    struct buf *out, struct refusal *why)
{
	const struct fs *fs = (const struct fs *)store;

	(void)now;
	link_file_write(fs->config.public_url, key, out);
	return buf_ok(out) ? FAILURE_NONE
			   : failure_reason(
				 FAILURE_INTERNAL, "the link is too long", why);
}

static enum failure check_upload(struct store *store, struct span token,
    struct span key, int64_t now, struct grant *ret_grant)
{
	const struct fs *fs = (const struct fs *)store;

	if (!fs_path_valid(key))
		return FAILURE_SLOT_INVALID;
	return grant_check(fs->keyring, SPAN_EMPTY, token, key, now, ret_grant);
}

static void close_store(struct store *store)
{
	struct fs *fs = (struct fs *)store;

	fs_folder_release(fs->folder);
	keyring_done(&fs->own);
	free(fs);
}

const struct store_class fs_class = {
	.type = "fs",
	.waits = true,
	.makes_keys = true,
	.sign = sign,
	.read_url = read_url,
	.close = close_store,
	.check_upload = check_upload,
	.upload_open = fs_upload_open,
	.upload_write = fs_upload_write,
	.upload_commit = fs_upload_commit,
	.upload_abort = fs_upload_abort,
	.file_open = fs_file_open,
	.file_read = fs_file_read,
	.file_close = fs_file_close,
	.file_take = fs_file_take,
	.file_cached = fs_file_cached,
	.fault = fs_disk_fault,
	.look = fs_disk_look,
	.list = fs_list,
	.remove = fs_remove,
	.settle = fs_settle,
	.share = share,
	.note = fs_note,
	.sweep = fs_sweep,
};

/* In this folder, which it takes. NULL: no memory, also where there is no
 * folder for that reason. */
static struct fs *make(const struct fs_config *config, struct fs_folder *folder,
    char *wrong, size_t wrong_size)
{
	struct fs *fs = folder ? calloc(1, sizeof *fs) : NULL;

	if (!fs) {
		fs_folder_release(folder);
		snprintf(wrong, wrong_size, "out of memory");
		return NULL;
	}
	fs->store = (struct store){
		.class = &fs_class,
		.put_ttl = config->put_ttl,
		.takes_uploads = true,
		.gives_files = true,
	};
	fs->config = *config;
	fs->config.path = folder->path;
	fs->keyring = config->keyring ? config->keyring : &fs->own;
	fs->folder = folder;
	return fs;
}

/* Fills in what is known only now that it is open. */
static struct store *done(struct fs *fs)
{
	fs->store.place = fs->folder->path;
	fs->store.lack = *fs->lack ? fs->lack : NULL;
	fs->store.keyring = fs->keyring->count ? fs->keyring : NULL;
	return &fs->store;
}

/* Slots are only worth something when a crash leaves the key, the folder of the
 * files and the mark. */
static bool keep(const struct fs *fs, char *wrong, size_t wrong_size)
{
	if (!fs_path_sync(fs->folder->home))
		return true;
	snprintf(wrong, wrong_size, "%s: cannot be synced: %s",
	    fs->folder->path, strerror(errno));
	return false;
}

static struct store *finish(
    struct fs *fs, bool ok, char *wrong, size_t wrong_size)
{
	if (ok && !fs->config.keyring)
		ok = fs_key_open(fs, true, wrong, wrong_size);
	if (ok) {
		fs_until_mark(fs);
		ok = keep(fs, wrong, wrong_size);
	}
	if (ok)
		return done(fs);
	close_store(&fs->store);
	return NULL;
}

struct store *fs_open(
    const struct fs_config *config, char *wrong, size_t wrong_size)
{
	struct fs *fs =
	    make(config, fs_folder_new(config->path), wrong, wrong_size);

	if (!fs)
		return NULL;
	return finish(fs, fs_folder_open(fs->folder, true, wrong, wrong_size),
	    wrong, wrong_size);
}

struct store *fs_open_again(const struct fs_config *config,
    const struct store *before, char *wrong, size_t wrong_size)
{
	struct fs_folder *folder = ((const struct fs *)before)->folder;
	struct fs *fs;

	atomic_fetch_add(&folder->holders, 1);
	fs = make(config, folder, wrong, wrong_size);
	return fs ? finish(fs, true, wrong, wrong_size) : NULL;
}

struct store *fs_look(
    const struct fs_config *config, char *wrong, size_t wrong_size)
{
	struct fs *fs =
	    make(config, fs_folder_new(config->path), wrong, wrong_size);

	if (!fs)
		return NULL;
	if (fs_folder_open(fs->folder, false, fs->lack, sizeof fs->lack) &&
	    !config->keyring)
		fs_key_open(fs, false, fs->lack, sizeof fs->lack);
	return done(fs);
}
