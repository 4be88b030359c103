#include "janitor/erasures.h"

#include "slot/note.h"

#include <stdlib.h>
#include <string.h>

struct erasure {
	char *memory; /* malloc'ed: the note's key, a NUL, the JID */
	bool over;    /* no slot that was issued before is good any more */
};

void erasures_init(
    struct erasures *erasures, const struct service *service, size_t number)
{
	const bool has_keys = service->keyring && service->keyring->count;

	*erasures = (struct erasures){
		.keyring = has_keys ? service->keyring : NULL,
		.template = &service->templates[number],
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
static bool add(
    struct erasures *erasures, struct span key, struct span jid, bool over)
{
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
	erasures->notes[erasures->count].memory = memory;
	erasures->notes[erasures->count++].over = over;
	return true;
}

bool erasures_add(struct erasures *erasures, const struct jid *jid)
{
	char memory[2 * JID_PART_MAX + 2];
	struct buf bare = buf_of(memory, sizeof memory);

	jid_bare(jid, &bare);
	return add(erasures, span_of(""), buf_span(&bare), false);
}

/* --- notes ----------------------------------------------------------------*/

/* The keys of the notes, each with a NUL behind it: while a listing runs,
 * nothing else is asked of the store. */
struct keys {
	size_t count, len, room;
	char *memory;
	bool failed; /* no memory */
};

static bool take_key(void *of, const struct store_object *object)
{
	struct keys *keys = of;
	const size_t need = keys->len + object->key.len + 1;

	if (need > keys->room) {
		const size_t room = 2 * need + 4096;
		char *memory = realloc(keys->memory, room);

		keys->failed = !memory;
		if (!memory)
			return false;
		keys->memory = memory;
		keys->room = room;
	}
	memcpy(keys->memory + keys->len, object->key.at, object->key.len);
	keys->memory[need - 1] = '\0';
	keys->len = need;
	return ++keys->count < ERASURES_MAX;
}

/* From when on the note may go. What passes through slotd may still be under
 * way when its slot has ended. */
static int64_t ends(
    const struct service *service, size_t number, const struct note *note)
{
	const struct store *store = service->stores[number];

	return note_ends(note, store->put_ttl) +
	       (store->takes_uploads ? service->conf->limits.upload_timeout
				     : 0);
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
static bool read_note(const struct janitor *janitor, size_t number,
    struct span key, struct erasures *erasures, struct tally *tally)
{
	char memory[NOTE_TEXT], why_memory[STORE_WHY];
	struct buf text = buf_of(memory, sizeof memory);
	struct buf why = buf_of(why_memory, sizeof why_memory);
	const enum failure failure = read_text(
	    janitor, janitor->service->stores[number], key, &text, &why);
	struct note note;
	bool over;

	/* Another sweep was faster. */
	if (failure == FAILURE_NOT_FOUND)
		return true;
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
	over = ends(janitor->service, number, &note) <= janitor->now();
	tally->pending += !over;
	if (add(erasures, key, note.jid, over))
		return true;
	tally_fault(tally, "", "out of memory");
	return false;
}

static bool read_all(const struct janitor *janitor, size_t number,
    const struct keys *keys, struct erasures *erasures, struct tally *tally)
{
	const char *key = keys->memory;
	bool well = true;

	for (size_t i = 0; i < keys->count; i++) {
		if (janitor_stopped(janitor))
			return false;
		well &=
		    read_note(janitor, number, span_of(key), erasures, tally);
		key += strlen(key) + 1;
	}
	return well;
}

bool erasures_read(const struct janitor *janitor, size_t number,
    struct erasures *erasures, struct tally *tally)
{
	struct store *store = janitor->service->stores[number];
	char memory[STORE_WHY];
	struct buf why = buf_of(memory, sizeof memory);
	struct keys keys = { 0 };
	bool well;

	if (!erasures->keyring || !store->class->read)
		return true;
	well = janitor_list(janitor, store, span_of(NOTE_FOLDER), take_key,
		   &keys, &why) == FAILURE_NONE;
	if (!well && !janitor_stopped(janitor))
		tally_fault(tally, "cannot be listed: ", memory);
	if (keys.failed)
		tally_fault(tally, "", "out of memory");
	well = read_all(janitor, number, &keys, erasures, tally) && well &&
	       !keys.failed;
	free(keys.memory);
	return well;
}

bool erasures_have(const struct erasures *erasures, struct span key)
{
	return erasures->count && !span_starts(key, NOTE_FOLDER) &&
	       owners_find(erasures->owners, erasures->count, erasures->keyring,
		   erasures->template, key) < erasures->count;
}

bool erasures_forget(const struct janitor *janitor, size_t number,
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
		if (janitor_remove(janitor, janitor->service->stores[number],
			span_of(note->memory), &why) == FAILURE_NONE)
			continue;
		tally->pending++;
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
