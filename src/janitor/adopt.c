#include "janitor/adopt.h"

#include "core/uri.h"
#include "core/utf8.h"
#include "slot/dialect.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE 65536
/* A store that fails for so many files in a row is not asked for more. */
#define FAILURES_MAX 3

const char *adopt_impossible(
    const struct caller *caller, const struct store *store)
{
	if (!caller->base.len)
		return "has no base: links of other servers are unsigned, and "
		       "slotd answers such links below a caller's base alone";
	if (!store->class->upload_open && !store->class->forward)
		return "is of a store into which nothing can be copied";
	if (!store->class->file_open && !store->class->list)
		return "is of a store that cannot tell what it has";
	return NULL;
}

void adopt_refuse(struct adopt *adopt, const char *path, const char *why)
{
	adopt->tally.refused++;
	adopt->refuse(adopt->of, path, why);
}

static void show(struct adopt *adopt)
{
	if (adopt->progress)
		adopt->progress(adopt->of, adopt);
}

/* --- the old file ---------------------------------------------------------*/

static bool is_unchanged(const struct adopt_file *file)
{
	struct stat status;

	return fstat(file->fd, &status) == 0 &&
	       (uint64_t)status.st_size == file->size;
}

long adopt_read(
    const struct adopt_file *file, uint64_t offset, char *bytes, size_t size)
{
	ssize_t len;

	do {
		len = pread(file->fd, bytes, size, (off_t)offset);
	} while (len < 0 && errno == EINTR);
	/* The last bytes go only if no more have come. */
	if (len > 0 && offset + (uint64_t)len >= file->size &&
	    !is_unchanged(file))
		return -1;
	return len;
}

/* Names that no client could have asked for, or that look like another's. */
static const char *unfit(struct span url)
{
	struct span rest = url;
	uint32_t code;

	while (utf8_next(&rest, &code))
		if (utf8_is_control(code))
			return "its name has control characters";
	if (rest.len)
		return "its name is not UTF-8";
	for (rest = url; rest.at;) {
		const struct span segment = span_cut(&rest, '/');

		if (span_is(segment, ".") || span_is(segment, ".."))
			return "its name is a step to another folder";
	}
	return NULL;
}

/* --- what the store has ---------------------------------------------------*/

struct look {
	struct span key;
	bool found;
	uint64_t size;
};

static bool meet(void *of, const struct store_object *object)
{
	struct look *look = of;

	if (!span_equal(object->key, look->key))
		return true;
	look->found = true;
	look->size = object->size;
	return false;
}

static enum failure open_it(
    const struct adopt *adopt, struct look *look, struct buf *why)
{
	struct refusal refusal = { 0 };
	struct store_file file;
	enum failure failure = adopt->store->class->file_open(adopt->store,
	    look->key, adopt->janitor->now(), false, &file, &refusal);

	if (failure == FAILURE_NOT_FOUND)
		return FAILURE_NONE;
	if (failure != FAILURE_NONE) {
		buf_text(why, failure == FAILURE_GONE ? "its time is over"
			      : refusal.reason
				  ? refusal.reason
				  : "the store cannot look for it");
		return failure;
	}
	look->found = true;
	look->size = file.size;
	adopt->store->class->file_close(&file);
	return FAILURE_NONE;
}

/* An embedded store finds a file at once, where a listing would read whole
 * folders; in a bucket it is the other way round, by rights that the janitor
 * has anyway. */
static enum failure look_for(const struct adopt *adopt, struct span key,
    struct look *look, struct buf *why)
{
	*look = (struct look){ .key = key };
	buf_reset(why);
	if (adopt->store->class->file_open)
		return open_it(adopt, look, why);
	return janitor_list(adopt->janitor, adopt->store, key, meet, look, why);
}

/* Some stores list an object only a moment after it came. */
static enum failure wait_for(const struct adopt *adopt, struct span key,
    struct look *look, struct buf *why)
{
	enum failure failure;
	unsigned tries = 0;

	do {
		failure = look_for(adopt, key, look, why);
	} while (failure == FAILURE_NONE && !look->found &&
		 janitor_again(adopt->janitor, ++tries));
	return failure;
}

static enum failure verify(
    const struct adopt *adopt, struct span key, uint64_t size, struct buf *why)
{
	struct look look;
	const enum failure failure = wait_for(adopt, key, &look, why);

	if (failure != FAILURE_NONE)
		return failure;
	if (look.found && look.size == size)
		return FAILURE_NONE;
	buf_text(why, look.found ? "the store has it with another size"
				 : "the store took it, and does not have it");
	return FAILURE_INTERNAL;
}

/* --- copying --------------------------------------------------------------*/

static enum failure fill(struct adopt *adopt, const struct adopt_file *file,
    struct store_upload *upload, struct refusal *refusal)
{
	const struct store_class *class = adopt->store->class;
	enum failure failure = FAILURE_NONE;
	static char bytes[PIECE];

	for (uint64_t at = 0; at < file->size && failure == FAILURE_NONE;) {
		const long len = janitor_stopped(adopt->janitor)
				     ? 0
				     : adopt_read(file, at, bytes, PIECE);

		if (len <= 0)
			return failure_reason(FAILURE_LENGTH_MISMATCH,
			    "it changed while it was copied, or cannot be read",
			    refusal);
		failure =
		    class->upload_write(upload, bytes, (size_t)len, refusal);
		at += (uint64_t)len;
		adopt->under_way = at;
		show(adopt);
	}
	return failure;
}

static enum failure keep(struct adopt *adopt, const struct adopt_file *file,
    const struct store_request *request, struct buf *why)
{
	const struct store_class *class = adopt->store->class;
	struct store_upload *upload;
	struct refusal refusal = { 0 };
	enum failure failure =
	    class->upload_open(adopt->store, request, &upload, &refusal);

	if (failure == FAILURE_NONE) {
		failure = fill(adopt, file, upload, &refusal);
		if (failure == FAILURE_NONE)
			failure = class->upload_commit(upload, &refusal);
		else
			class->upload_abort(upload);
	}
	if (refusal.reason)
		buf_text(why, refusal.reason);
	else if (failure != FAILURE_NONE && failure != FAILURE_ALREADY_EXISTS)
		buf_text(why, "the store cannot keep it");
	return failure;
}

/* FAILURE_ALREADY_EXISTS without a reason: there is a file of this name. */
static enum failure copy(struct adopt *adopt, const struct adopt_file *file,
    const struct store_request *request, struct buf *why)
{
	enum failure failure;
	unsigned tries = 0;

	do {
		buf_reset(why);
		adopt->under_way = 0;
		failure = adopt->store->class->upload_open
			      ? keep(adopt, file, request, why)
			      : adopt_put(adopt, file, request, why);
	} while (failure == FAILURE_UNAVAILABLE &&
		 janitor_again(adopt->janitor, ++tries));
	adopt->under_way = 0;
	if (failure == FAILURE_NONE)
		failure = verify(adopt, request->key, file->size, why);
	return failure;
}

/* The store's own fault, and not this file's. */
static bool is_stores(enum failure failure)
{
	return failure != FAILURE_ALREADY_EXISTS &&
	       failure != FAILURE_LENGTH_MISMATCH && failure != FAILURE_GONE;
}

static void fail(struct adopt *adopt, const struct adopt_file *file,
    enum failure failure, const char *why)
{
	/* Who stopped it knows why. */
	if (janitor_stopped(adopt->janitor))
		return;
	adopt_refuse(adopt, file->path, why);
	adopt->failures = is_stores(failure) ? adopt->failures + 1 : 0;
	adopt->given_up = adopt->failures >= FAILURES_MAX;
}

static void say_would(
    struct adopt *adopt, const struct adopt_file *file, struct span key)
{
	char memory[3 * OBJECT_KEY_MAX + 2];
	struct buf target = buf_of(memory, sizeof memory);

	buf_char(&target, '/');
	uri_encode_path(&target, key);
	adopt->would(adopt->of, file->path, memory);
}

static void count_there(
    struct adopt *adopt, const struct adopt_file *file, const struct look *look)
{
	if (look->size == file->size)
		adopt->tally.there++;
	else
		adopt_refuse(adopt, file->path,
		    "the store has another file of this name, with another "
		    "size");
}

/* Unless the store has it: *look tells. */
static enum failure copy_once(struct adopt *adopt,
    const struct adopt_file *file, const struct store_request *request,
    struct look *look, struct buf *why)
{
	enum failure failure = look_for(adopt, request->key, look, why);

	if (failure != FAILURE_NONE || look->found)
		return failure;
	if (adopt->dry_run) {
		say_would(adopt, file, request->key);
		return FAILURE_NONE;
	}
	failure = copy(adopt, file, request, why);
	/* It may have come by a try that ended before the store answered, of
	 * this run or of one that was killed. */
	if (failure == FAILURE_ALREADY_EXISTS && !why->len) {
		failure = wait_for(adopt, request->key, look, why);
		if (failure == FAILURE_NONE && !look->found) {
			buf_text(why, "something else is coming there: "
				      "run it again");
			failure = FAILURE_ALREADY_EXISTS;
		}
	}
	return failure;
}

static void adopt_key(
    struct adopt *adopt, const struct adopt_file *file, struct span key)
{
	const int64_t now = adopt->janitor->now();
	/* A clock may have been wrong, and a time may be any number. */
	const int64_t stored = file->stored < now ? file->stored : now;
	const int64_t end = stored + adopt->caller->keep;
	const bool ends = adopt->caller->keep;
	const struct store_request request = {
		.key = key,
		.size = file->size,
		.type = file->type,
		.now = now,
		.until = ends ? end : 0,
		.note_until = ends,
	};
	char memory[STORE_WHY];
	struct buf why = buf_of(memory, sizeof memory);
	enum failure failure;
	struct look look;

	if (ends && end <= now) {
		adopt->tally.ended++;
		return;
	}
	failure = copy_once(adopt, file, &request, &look, &why);
	if (failure != FAILURE_NONE) {
		fail(adopt, file, failure, memory);
		return;
	}
	if (look.found) {
		count_there(adopt, file, &look);
		return;
	}
	adopt->failures = 0;
	adopt->tally.copied++;
	adopt->tally.bytes += file->size;
}

bool adopt_file(struct adopt *adopt, const struct adopt_file *file)
{
	char memory[OBJECT_KEY_MAX + 1];
	struct buf key = buf_of(memory, sizeof memory);
	const char *wrong = unfit(file->url);
	struct span filename;

	if (wrong)
		adopt_refuse(adopt, file->path, wrong);
	else if (!dialect_key(adopt->caller, file->url, &key, &filename))
		adopt_refuse(adopt, file->path,
		    "slotd serves no file at such a path: it needs a folder, "
		    "none that begins with a dot, and at most 1024 bytes");
	else
		adopt_key(adopt, file, buf_span(&key));
	show(adopt);
	return !adopt->given_up && !janitor_stopped(adopt->janitor);
}
