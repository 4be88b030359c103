#include "janitor/erasures.h"

#include "slot/note.h"

#include <stdlib.h>
#include <string.h>

/* Seconds by which the clock of a store may be off. */
#define CLOCKS 900
/* What is larger is no note, also where a store counts what it adds. */
#define NOTE_OBJECT_MAX 65536

struct erasure {
	char *memory; /* malloc'ed: the note's key, a NUL, the JID */
	bool over;    /* no slot that was issued before is good any more */
	int64_t last; /* files that were stored later stay */
	bool met;     /* an object of the user's is to go */
};

void erasures_init(
    struct erasures *erasures, const struct service *service, size_t number)
{
	const bool has_keys = service->keyring && service->keyring->count;

	*erasures = (struct erasures){
		.keyring = has_keys ? service->keyring : NULL,
		.service = service,
		.number = number,
	};
}

static bool grow(struct erasures *erasures)
{
	const size_t room = erasures->room ? 2 * erasures->room : 16;
	struct owner *owners =
	    realloc(erasures->owners, room * sizeof *erasures->owners);
	struct erasure *notes;

	if (!owners)
		return false;
	erasures->owners = owners;
	notes = realloc(erasures->notes, room * sizeof *erasures->notes);
	if (!notes)
		return false;
	erasures->notes = notes;
	erasures->room = room;
	return true;
}

/* key: of the note; "": there is none. */
static bool add(struct erasures *erasures, struct span key, struct span jid,
    const struct erasure *erasure)
{
	struct erasure *note;
	char *memory;

	if (erasures->count == erasures->room && !grow(erasures))
		return false;
	memory = malloc(key.len + 1 + jid.len + 1);
	if (!memory)
		return false;
	memcpy(memory, key.at, key.len);
	memory[key.len] = '\0';
	memcpy(memory + key.len + 1, jid.at, jid.len);
	owners_add(&erasures->owners[erasures->count], erasures->keyring,
	    (struct span){ memory + key.len + 1, jid.len });
	note = &erasures->notes[erasures->count++];
	*note = *erasure;
	note->memory = memory;
	return true;
}

bool erasures_add(struct erasures *erasures, const struct jid *jid)
{
	char memory[JID_BARE_SIZE];
	struct buf bare = buf_of(memory, sizeof memory);
	const struct erasure now = { .last = INT64_MAX };

	jid_bare(jid, &bare);
	return add(erasures, span_of(""), buf_span(&bare), &now);
}

/* --- notes ----------------------------------------------------------------*/

/* A listing of the notes. */
struct reading {
	const struct janitor *janitor;
	struct erasures *erasures;
	struct tally *tally;
	bool well;
};

static struct store *store_of(const struct erasures *erasures)
{
	return erasures->service->stores[erasures->number];
}

/* Whether this store has its files in the same place. */
static bool is_here(const struct erasures *erasures, size_t number)
{
	return conf_storages_share(
	    erasures->service->conf, number, erasures->number);
}

/* From when on the note may go. What passes through slotd may still be under
 * way when its slot has ended. */
static int64_t ends(const struct erasures *erasures, const struct note *note)
{
	const struct service *service = erasures->service;
	const int64_t timeout = service->conf->limits.upload_timeout;
	int64_t last = 0;

	for (size_t i = 0; i < service->store_count; i++) {
		const struct store *store = service->stores[i];
		const int64_t end = note_ends(note, store->put_ttl) +
				    (store->takes_uploads ? timeout : 0);

		if (end > last && is_here(erasures, i))
			last = end;
	}
	return last;
}

static enum failure read_text(const struct janitor *janitor,
    struct store *store, struct span key, struct buf *text, struct buf *why)
{
	enum failure failure;
	unsigned tries = 0;

	do {
		buf_reset(text);
		buf_reset(why);
		failure = store->class->read(
		    store, key, janitor->now(), janitor->stop, text, why);
	} while (
	    failure == FAILURE_UNAVAILABLE && janitor_again(janitor, ++tries));
	return failure;
}

/* False: it could not be read. */
static bool read_note(const struct janitor *janitor, struct span key,
    struct erasures *erasures, struct tally *tally)
{
	char memory[NOTE_TEXT], why_memory[STORE_WHY];
	struct buf text = buf_of(memory, sizeof memory);
	struct buf why = buf_of(why_memory, sizeof why_memory);
	const enum failure failure =
	    read_text(janitor, store_of(erasures), key, &text, &why);
	struct erasure erasure = { 0 };
	struct note note;
	int64_t end;

	/* Another sweep was faster. */
	if (failure == FAILURE_NOT_FOUND)
		return true;
	if (failure != FAILURE_NONE && janitor_stopped(janitor))
		return false;
	if (failure != FAILURE_NONE) {
		tally_fault(
		    tally, "the note of an erasure cannot be read: ", why.at);
		return false;
	}
	if (!buf_ok(&text) ||
	    !note_read(erasures->keyring, buf_span(&text), &note)) {
		tally->strange++;
		return true;
	}
	end = ends(erasures, &note);
	erasure.over = end <= janitor->now();
	/* A note may be found long after its end, or be a copy that was written
	 * again. The JID may be somebody else's by then. */
	erasure.last =
	    end + janitor->service->conf->limits.upload_timeout + CLOCKS;
	tally->pending++;
	if (add(erasures, key, note.jid, &erasure))
		return true;
	tally_fault(tally, "", "out of memory");
	return false;
}

static bool take_note(void *of, const struct store_object *object)
{
	struct reading *reading = of;
	struct erasures *erasures = reading->erasures;

	if (object->size > NOTE_OBJECT_MAX)
		reading->tally->strange++;
	else if (!read_note(
		     reading->janitor, object->key, erasures, reading->tally))
		reading->well = false;
	return erasures->count < ERASURES_MAX &&
	       !janitor_stopped(reading->janitor);
}

bool erasures_read(const struct janitor *janitor, struct erasures *erasures,
    struct tally *tally)
{
	struct store *store = store_of(erasures);
	struct reading reading = { janitor, erasures, tally, true };
	char memory[STORE_WHY];
	struct buf why = buf_of(memory, sizeof memory);

	if (!erasures->keyring || !store->class->read)
		return true;
	if (janitor_list(janitor, store, span_of(NOTE_FOLDER), take_note,
		&reading, &why) != FAILURE_NONE) {
		if (!janitor_stopped(janitor))
			tally_fault(tally, "cannot be listed: ", memory);
		return false;
	}
	return reading.well && !janitor_stopped(janitor);
}

/* The first user from this number on whose file it is; count: of none. */
static size_t find(
    const struct erasures *erasures, size_t from, struct span key)
{
	const struct service *service = erasures->service;
	size_t first = erasures->count;

	for (size_t i = 0; i < service->store_count && from < first; i++)
		if (is_here(erasures, i))
			first = from + owners_find(erasures->owners + from,
					   first - from, erasures->keyring,
					   &service->templates[i], key);
	return first;
}

bool erasures_have(
    const struct erasures *erasures, const struct store_object *object)
{
	if (!erasures->count || span_starts(object->key, NOTE_FOLDER))
		return false;
	for (size_t i = find(erasures, 0, object->key); i < erasures->count;
	     i = find(erasures, i + 1, object->key))
		if (object->modified <= erasures->notes[i].last) {
			erasures->notes[i].met = true;
			return true;
		}
	return false;
}

/* Of a user who was added twice, only the first is ever found. */
bool erasures_met(const struct erasures *erasures, size_t number)
{
	for (size_t i = 0; i <= number; i++)
		if (erasures->notes[i].met &&
		    span_equal(
			erasures->owners[i].jid, erasures->owners[number].jid))
			return true;
	return false;
}

bool erasures_forget(const struct janitor *janitor,
    const struct erasures *erasures, struct tally *tally)
{
	char memory[STORE_WHY];
	struct buf why = buf_of(memory, sizeof memory);
	bool well = true;

	for (size_t i = 0; i < erasures->count; i++) {
		const struct erasure *note = &erasures->notes[i];

		if (!note->over)
			continue;
		if (janitor_stopped(janitor))
			return false;
		if (janitor_remove(janitor, store_of(erasures),
			span_of(note->memory), &why) == FAILURE_NONE) {
			tally->pending--;
			continue;
		}
		tally_fault(tally,
		    "the note of an erasure cannot be removed: ", memory);
		well = false;
	}
	return well;
}

void erasures_close(struct erasures *erasures)
{
	for (size_t i = 0; i < erasures->count; i++)
		free(erasures->notes[i].memory);
	free(erasures->owners);
	free(erasures->notes);
}
