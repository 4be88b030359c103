#include "conf/store_kind.h"
#include "core/uri.h"
#include "slot/grant.h"
#include "slot/link.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A store that keeps files in memory until the process ends, written by "Add
 * a store" of CONTRIBUTING.md alone: that this can be done is what it is for.
 * It has no settings of its own, and needs key_file.
 */

struct memory_store {
	struct store store;
	struct span public_url;
	const struct keyring *keyring;
};

/* An upload, and then the file. */
struct file {
	struct store_upload upload;
	struct file *next;
	bool whole;
	uint64_t written;
	struct store_file file; /* as it will be read */
	size_t key_len;
	char key[OBJECT_KEY_MAX];
	char bytes[];
};

/* They outlive a reading of the configuration. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct file *files;
static unsigned count;

/* The lock is held. */
static struct file *find(struct span key)
{
	struct file *file = files;

	while (
	    file && !span_equal(key, (struct span){ file->key, file->key_len }))
		file = file->next;
	return file;
}

static enum failure sign(struct store *of, const struct store_request *request,
    struct store_slot *ret_slot, struct refusal *why)
{
	struct memory_store *store = (struct memory_store *)of;

	(void)why;
	ret_slot->expires = request->now + of->put_ttl;
	grant_url(&store->keyring->roots[0], SPAN_EMPTY, store->public_url,
	    request, ret_slot->expires, ret_slot->put);
	link_file_write(store->public_url, request->key, ret_slot->get);
	return FAILURE_NONE;
}

static bool read_url(struct store *of, struct span url, struct buf *out)
{
	return link_file_read(
	    url, ((struct memory_store *)of)->public_url, out);
}

static enum failure check_upload(struct store *of, struct span token,
    struct span key, int64_t now, struct grant *ret_grant)
{
	return grant_check(((struct memory_store *)of)->keyring, SPAN_EMPTY,
	    token, key, now, ret_grant);
}

static enum failure upload_open(struct store *store,
    const struct store_request *request, struct store_upload **ret_upload,
    struct refusal *why)
{
	struct file *file = calloc(1, sizeof *file + request->size);
	bool there;

	(void)why;
	if (!file)
		return FAILURE_INSUFFICIENT_STORAGE;
	file->upload.store = store;
	file->key_len = request->key.len;
	memcpy(file->key, request->key.at, request->key.len);
	file->file = (struct store_file){ .size = request->size,
		.modified = request->now,
		.until = INT64_MAX,
		.memory = file->bytes };
	memcpy(file->file.type, request->type.at, request->type.len);
	pthread_mutex_lock(&lock);
	there = find(request->key);
	snprintf(file->file.etag, sizeof file->file.etag, "\"%u\"", ++count);
	if (!there) {
		file->next = files;
		files = file;
	}
	pthread_mutex_unlock(&lock);
	if (there) {
		free(file);
		return FAILURE_ALREADY_EXISTS;
	}
	*ret_upload = &file->upload;
	return FAILURE_NONE;
}

static enum failure upload_write(struct store_upload *upload, const void *bytes,
    size_t len, struct refusal *why)
{
	struct file *file = (struct file *)upload;

	(void)why;
	if (len > file->file.size - file->written)
		return FAILURE_LENGTH_MISMATCH;
	memcpy(file->bytes + file->written, bytes, len);
	file->written += len;
	return FAILURE_NONE;
}

static void upload_abort(struct store_upload *upload)
{
	struct file *file = (struct file *)upload, **at = &files;

	pthread_mutex_lock(&lock);
	while (*at != file)
		at = &(*at)->next;
	*at = file->next;
	pthread_mutex_unlock(&lock);
	free(file);
}

static enum failure upload_commit(
    struct store_upload *upload, struct refusal *why)
{
	struct file *file = (struct file *)upload;

	(void)why;
	if (file->written != file->file.size) {
		upload_abort(upload);
		return FAILURE_LENGTH_MISMATCH;
	}
	pthread_mutex_lock(&lock);
	file->whole = true;
	pthread_mutex_unlock(&lock);
	return FAILURE_NONE;
}

/* A whole file stays: file_read needs no lock, and nothing is to be closed. */
static enum failure file_open(struct store *store, struct span key, int64_t now,
    bool now_only, struct store_file *ret_file, struct refusal *why)
{
	struct file *file;
	bool whole;

	(void)store;
	(void)now;
	(void)now_only;
	(void)why;
	pthread_mutex_lock(&lock);
	file = find(key);
	whole = file && file->whole;
	pthread_mutex_unlock(&lock);
	if (whole)
		*ret_file = file->file;
	return whole ? FAILURE_NONE : FAILURE_NOT_FOUND;
}

static enum failure file_read(const struct store_file *file, uint64_t offset,
    void *ret_bytes, size_t size, bool now_only, size_t *ret_len)
{
	uint64_t left = offset < file->size ? file->size - offset : 0;

	(void)now_only;
	*ret_len = size < left ? size : (size_t)left;
	memcpy(ret_bytes, (const char *)file->memory + offset, *ret_len);
	return FAILURE_NONE;
}

static void file_close(struct store_file *file)
{
	(void)file;
}

static void close(struct store *store)
{
	free(store);
}

static const struct store_class class = {
	.type = "memory",
	.sign = sign,
	.read_url = read_url,
	.close = close,
	.check_upload = check_upload,
	.upload_open = upload_open,
	.upload_write = upload_write,
	.upload_commit = upload_commit,
	.upload_abort = upload_abort,
	.file_open = file_open,
	.file_read = file_read,
	.file_close = file_close,
};

static struct store *open(
    const struct store_opening *opening, char *wrong, size_t wrong_size)
{
	struct memory_store *store = calloc(1, sizeof *store);

	if (!store || !opening->keyring) {
		snprintf(wrong, wrong_size, "key_file, or memory, is missing");
		free(store);
		return NULL;
	}
	store->store = (struct store){
		.class = &class,
		.put_ttl = opening->storage->put_ttl,
		.takes_uploads = true,
		.gives_files = true,
	};
	store->public_url = opening->conf->public_url;
	store->keyring = opening->keyring;
	return &store->store;
}

static const struct store_kind memory_kind = { .class = &class, .open = open };

/* Stands in for the table of src/conf/store_kinds.c. */
const struct store_kind *const store_kinds[] = { &storage_s3_kind,
	&storage_fs_kind, &memory_kind, NULL };
