#include "doctor/private.h"

#include "core/stamp.h"
#include "core/uri.h"
#include "slot/note.h"
#include "slot/prefixes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Only what reads is tried: nothing is removed to find out who may. */

/* A sweep each hour has removed by then what has ended. */
#define LATE (3 * 3600)
/* No erasure has a note of this name. */
#define NOTE_PROBE "/" NOTE_FOLDER "slotd-doctor"
#define PREFIX_SIZE (4 * OBJECT_KEY_MAX)

bool check_janitor_applies(const struct doctor *doctor)
{
	return doctor->storage->janitor || check_keep_applies(doctor);
}

/* --- what sweep asks ------------------------------------------------------*/

/* The first object below a prefix of the storage's keys. */
static void ask_first(struct doctor *doctor, const struct buf *prefix)
{
	const struct bucket bucket = bucket_of(doctor->storage->s3);
	const struct sigv4_pair query[] = {
		{ span_of("list-type"), span_of("2") },
		{ span_of("max-keys"), span_of("1") },
		{ span_of("prefix"), buf_span(prefix) },
	};
	const struct sigv4_request signing = {
		.method = span_of("GET"),
		.query = query,
		.query_count = sizeof query / sizeof *query,
	};

	ask_url_signed(doctor, &bucket.base, "", signing);
	ask(doctor, (struct fetch_request){ .method = "GET" });
}

/* Says when the first object of the last reply ended; false: not long ago, or
 * there is none. Its key has the end behind `skip` bytes. */
static bool is_late(struct doctor *doctor, size_t skip)
{
	char memory[2 * OBJECT_KEY_MAX + 1];
	struct buf key = buf_of(memory, sizeof memory);
	int64_t until;

	if (!xml_text(ask_body(doctor), "Key", &key) ||
	    !stamp_amz_read(
		span_first(span_from(buf_span(&key), skip), STAMP_AMZ_TEXT),
		&until) ||
	    until + LATE > doctor->clock() - doctor->ahead)
		return false;
	seen(doctor, "a file that ended at ");
	stamp_rfc3339(&doctor->finding.seen, until);
	seen(doctor, " is still there: ");
	return true;
}

/* Begins a prefix with that of bucket_url. */
static void start_prefix(struct doctor *doctor, struct buf *prefix)
{
	const struct bucket bucket = bucket_of(doctor->storage->s3);

	uri_decode(prefix, bucket.prefix);
	buf_text(prefix, bucket.prefix.len ? "/" : "");
}

/* Lists where the ends of files begin. False: the last reply refuses. */
static bool list_ends(struct doctor *doctor, bool *ret_late)
{
	static struct prefixes prefixes;
	char memory[PREFIX_SIZE];
	struct buf prefix = buf_of(memory, sizeof memory);
	size_t base_len;

	start_prefix(doctor, &prefix);
	base_len = prefix.len;
	prefixes_init(&prefixes, &doctor->storage->template);
	*ret_late = false;
	for (size_t i = 0; i < prefixes.count && !*ret_late; i++) {
		prefix.len = base_len;
		buf_add(&prefix, prefixes.list[i]);
		buf_text(&prefix, PREFIXES_CENTURY);
		ask_first(doctor, &prefix);
		if (!ask_well(doctor))
			return false;
		*ret_late = is_late(doctor, base_len + prefixes.list[i].len);
	}
	return true;
}

/* Reads the note of an erasure, if there is one; else one that is missing,
 * which some stores tell from one that may not be read. False: the last reply
 * refuses. */
static bool read_note(struct doctor *doctor, bool *ret_read)
{
	const struct chars letters = chars_of(CHARS_ALNUM "-_");
	char memory[PREFIX_SIZE], key_memory[2 * OBJECT_KEY_MAX + 1];
	struct buf prefix = buf_of(memory, sizeof memory);
	struct buf key = buf_of(key_memory, sizeof key_memory);
	char path[sizeof "/" NOTE_FOLDER + NOTE_RANDOM] = NOTE_PROBE;
	struct span random;

	start_prefix(doctor, &prefix);
	buf_text(&prefix, NOTE_FOLDER);
	ask_first(doctor, &prefix);
	if (!ask_well(doctor))
		return false;
	xml_text(ask_body(doctor), "Key", &key);
	random = span_from(buf_span(&key), prefix.len);
	*ret_read = random.len == NOTE_RANDOM && span_only(random, &letters);
	if (*ret_read)
		memcpy(path + sizeof NOTE_FOLDER, random.at, random.len + 1);
	ask_signed(
	    doctor, "GET", &doctor->storage->s3->bucket, path, NULL, false);
	return ask_well(doctor) || doctor->reply.status == 404;
}

static enum verdict warn_late(struct doctor *doctor)
{
	change(doctor,
	    "Let `slotd sweep` run every hour: systemctl enable --now "
	    "slotd-sweep.timer\nIf it does: journalctl -u slotd-sweep says "
	    "what fails. On Kubernetes it is the CronJob slotd-sweep.\n");
	return seen_warning(doctor, "`slotd sweep` does not run, or fails");
}

/* --- with a key of its own ------------------------------------------------*/

/* Keys tell whose a file is, so that users can be erased. */
static bool has_erasures(const struct doctor *doctor)
{
	const struct conf_storage *storage = doctor->storage;

	return doctor->conf->has_key_file &&
	       (!storage->has_template ||
		   key_template_has(&storage->template, KEY_OWNER) ||
		   key_template_has(&storage->template, KEY_USER));
}

static enum verdict refused(
    struct doctor *doctor, const char *what, const char *right)
{
	char memory[64];
	struct buf code = buf_of(memory, sizeof memory);

	if (ask_unsure(doctor))
		return ask_undecided(doctor, what);
	seen_reply(doctor, "%s is refused: ", what);
	code_element(ask_body(doctor), "Code", &code);
	if (strcmp(code.at, "InvalidAccessKeyId") == 0)
		change(doctor, "storage.janitor.access_key_id is mistyped, or "
			       "the key was deleted.\n");
	else if (strcmp(code.at, "SignatureDoesNotMatch") == 0)
		change(doctor,
		    "The secret of storage.janitor is not that of its "
		    "access_key_id.\n");
	else {
		change(doctor, "storage.janitor's key needs the right %s.\n",
		    right);
		advice_janitor(doctor);
	}
	return VERDICT_FAILURE;
}

static enum verdict try_key(struct doctor *doctor)
{
	bool late, read = false;

	if (!list_ends(doctor, &late))
		return refused(doctor, "a listing with storage.janitor's key",
		    "s3:ListBucket");
	if (has_erasures(doctor) && !read_note(doctor, &read))
		return refused(doctor,
		    "reading " NOTE_FOLDER " with storage.janitor's key",
		    "s3:GetObject for " NOTE_FOLDER "*");
	if (late)
		return warn_late(doctor);
	return seen_ok(doctor,
	    "storage.janitor's key may list the bucket%s; whether it may "
	    "delete is not tried",
	    read ? " and read the notes of erasures" : "");
}

static enum verdict try_own_key(
    struct doctor *doctor, const struct creds_settings *janitor)
{
	const struct creds_value value = {
		.access_key_id = janitor->text[CREDS_KEY_ID],
		.access_key_secret = janitor->text[CREDS_SECRET],
		.session_token = janitor->text[CREDS_TOKEN],
	};
	enum verdict verdict;

	doctor->signer = &value;
	verdict = try_key(doctor);
	doctor->signer = NULL;
	return verdict;
}

/* That the service's user cannot read it is as it should be. */
static enum verdict cannot_read(struct doctor *doctor, const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const int error = fd < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	if (error == EACCES) {
		change(doctor,
		    "To try it, run slotd doctor as the user of slotd sweep: "
		    "runuser -u slotd-sweep -- slotd doctor\n");
		return seen_ok(doctor,
		    "storage.janitor's key is not tried: this user may not "
		    "read %s, as slotd serve should not",
		    path);
	}
	change(doctor,
	    "slotd sweep, files, delete and erase need this file. Paste the "
	    "secret, and end with Ctrl-D:\n   install -m 640 -g slotd-sweep "
	    "/dev/stdin %s\n",
	    path);
	return seen_failure(doctor, "storage.janitor: cannot read %s: %s", path,
	    error ? strerror(error) : "it has changed");
}

/* --- with the storage's own -----------------------------------------------*/

static enum verdict try_no_janitor(struct doctor *doctor)
{
	bool late;

	if (doctor->no_creds)
		return VERDICT_SKIPPED;
	if (list_ends(doctor, &late)) {
		if (late)
			return warn_late(doctor);
		return seen_ok(doctor,
		    "storage.janitor is not set: slotd sweep uses slotd's own "
		    "key, which may list the bucket");
	}
	if (ask_unsure(doctor))
		return ask_undecided(doctor, "a listing with slotd's key");
	if (doctor->storage->creds->kind != CREDS_STATIC)
		return seen_ok(doctor,
		    "storage.janitor is not set: slotd sweep uses the "
		    "credentials of its own environment; these here may not "
		    "list the bucket, as it should be");
	if (doctor->has_rules)
		return seen_ok(doctor,
		    "storage.janitor is not set: only the bucket's own rules "
		    "remove files, and nothing those of erased users");
	seen_reply(doctor,
	    "%s remove files that have ended: storage.janitor is not set, "
	    "and slotd's own key may not list the bucket: ",
	    doctor->no_rules ? "nothing can" : "slotd sweep cannot");
	advice_janitor(doctor);
	return doctor->no_rules ? VERDICT_FAILURE : VERDICT_WARNING;
}

enum verdict check_janitor(struct doctor *doctor)
{
	const struct creds_settings *janitor = doctor->storage->janitor;
	const struct creds_settings *own = doctor->storage->creds;

	if (!janitor)
		return try_no_janitor(doctor);
	if (janitor->kind != CREDS_STATIC)
		return seen_ok(doctor,
		    "storage.janitor has the credentials of slotd sweep's "
		    "environment (\"%s\"), which are not tried here",
		    creds_kind_name(janitor->kind));
	if (own->kind == CREDS_STATIC &&
	    span_equal(own->text[CREDS_KEY_ID], janitor->text[CREDS_KEY_ID])) {
		advice_janitor(doctor);
		return seen_warning(doctor,
		    "storage.janitor has the same key as storage: whoever "
		    "breaks into slotd serve can delete all files");
	}
	if (!janitor->text[CREDS_SECRET].len)
		return cannot_read(
		    doctor, janitor->text[CREDS_SECRET_FILE].len
				? janitor->text[CREDS_SECRET_FILE].at
				: janitor->text[CREDS_TOKEN_FILE].at);
	return try_own_key(doctor, janitor);
}
