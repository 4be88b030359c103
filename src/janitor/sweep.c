#include "janitor/sweep.h"

#include "janitor/ended.h"
#include "janitor/place.h"
#include "janitor/removal.h"
#include "service/clock.h"
#include "slot/dialect.h"
#include "slot/note.h"
#include "slot/prefixes.h"

#define PROGRESS_MICROS 100000

/* A sweep of one store. */
struct sweep {
	const struct janitor *janitor;
	const struct sweep_options *options;
	struct store *store;
	struct ended ended; /* what has, by its key */
	struct tally *tally;
	struct removal *removal; /* NULL: it only counts */
	/* Whose files are to go; NULL: nobody's. */
	const struct erasures *erasures;
	struct erasures noted; /* what the store's notes ask for */
	int64_t told;          /* progress */

	/* Of the pass under way. */
	size_t until_at;             /* in the key */
	const struct caller *caller; /* below whose base it goes on */
	uint64_t erased;             /* of what is to be removed */
	uint64_t found, found_bytes; /* what is to be removed */
	bool refused;                /* by the removal */
	bool again; /* to see whether what was removed is gone */
};

static void tell_progress(struct sweep *sweep)
{
	const int64_t now = sweep->options->progress ? clock_micros() : 0;

	if (!sweep->options->progress || now - sweep->told < PROGRESS_MICROS)
		return;
	sweep->told = now;
	if (sweep->removal)
		sweep->tally->removed = removal_count(sweep->removal);
	sweep->options->progress(sweep->options->of, sweep->tally);
}

/* False ends the pass. */
static bool take(
    struct sweep *sweep, const struct store_object *object, bool erased)
{
	/* What has arrived since is for the next sweep. */
	if (sweep->again && object->modified > sweep->ended.now)
		return true;
	sweep->found++;
	sweep->found_bytes += object->size;
	sweep->erased += erased;
	if (sweep->removal && !removal_add(sweep->removal, object)) {
		sweep->refused = true;
		return false;
	}
	return true;
}

static bool is_note(struct span key)
{
	return span_starts(key, NOTE_FOLDER);
}

/* --- by the end in the key ------------------------------------------------*/

static bool take_ended(void *of, const struct store_object *object)
{
	struct sweep *sweep = of;
	const struct span text = span_from(object->key, sweep->until_at);

	/* Keys come in order, so that none behind this one has ended. */
	sweep->tally->listed++;
	if (ended_later(&sweep->ended, text))
		return false;
	tell_progress(sweep);
	return is_note(object->key) ||
	       !ended_at(&sweep->ended, object->key, text.at) ||
	       take(sweep, object, false);
}

/* --- by age ---------------------------------------------------------------*/

static bool is_older(
    const struct sweep *sweep, const struct store_object *object, int64_t age)
{
	return object->modified >= 0 &&
	       object->modified <= sweep->ended.now - age;
}

/* The number'th caller whose files are in this store; NULL: it is another. */
static const struct caller *base_caller(
    const struct sweep *sweep, size_t number)
{
	const struct service *service = sweep->janitor->service;
	const struct caller *caller = &service->conf->callers[number];

	return dialect_makes_urls(caller->dialect) &&
		       service_base_issuer(service, caller)->store ==
			   sweep->store
		   ? caller
		   : NULL;
}

/* A template may make keys there, too, and these have an end of their own. */
static bool take_kept(void *of, const struct store_object *object)
{
	struct sweep *sweep = of;
	struct key_reading reading;

	sweep->tally->listed++;
	tell_progress(sweep);
	return !is_older(sweep, object, sweep->caller->keep) ||
	       !place_is_below(sweep->caller, object->key) ||
	       key_template_read(
		   sweep->ended.template, object->key, &reading) ||
	       is_note(object->key) || take(sweep, object, false);
}

static bool is_ours(const struct sweep *sweep, struct span key)
{
	struct key_reading reading;
	const struct caller *caller;

	if (key_template_read_any(sweep->ended.template, key, &reading))
		return true;
	for (size_t i = 0; i < sweep->janitor->service->conf->caller_count;
	     i++) {
		caller = base_caller(sweep, i);
		if (caller && place_is_below(caller, key))
			return true;
	}
	return false;
}

static bool take_older(void *of, const struct store_object *object)
{
	struct sweep *sweep = of;

	sweep->tally->listed++;
	tell_progress(sweep);
	return !is_older(sweep, object, sweep->options->older) ||
	       is_note(object->key) || !is_ours(sweep, object->key) ||
	       take(sweep, object, false);
}

/* --- of users who are erased ---------------------------------------------*/

/* Since all is listed, what has ended goes along: what take_ended finds in the
 * parts of the listing in which it may be. */
static bool take_erased(void *of, const struct store_object *object)
{
	struct sweep *sweep = of;

	sweep->tally->listed++;
	tell_progress(sweep);
	if (erasures_have(sweep->erasures, object))
		return take(sweep, object, true);
	return sweep->options->erasures || is_note(object->key) ||
	       !ended_anywhere(&sweep->ended, object->key) ||
	       take(sweep, object, false);
}

/* --- a whole store --------------------------------------------------------*/

/* False, with the reason in the tally: the store is not gone on with. */
static bool list(struct sweep *sweep, struct span prefix,
    bool (*each)(void *of, const struct store_object *object))
{
	char memory[STORE_WHY];
	struct buf why = buf_of(memory, sizeof memory);

	if (janitor_list(sweep->janitor, sweep->store, prefix, each, sweep,
		&why) == FAILURE_NONE)
		return !sweep->refused && !janitor_stopped(sweep->janitor);
	if (!janitor_stopped(sweep->janitor))
		tally_fault(sweep->tally, "cannot be listed: ", memory);
	return false;
}

static bool list_ended(struct sweep *sweep, struct span before)
{
	char memory[OBJECT_KEY_MAX + sizeof PREFIXES_CENTURY];
	struct buf prefix = buf_of(memory, sizeof memory);

	buf_add(&prefix, before);
	buf_text(&prefix, PREFIXES_CENTURY);
	sweep->until_at = before.len;
	return list(sweep, buf_span(&prefix), take_ended);
}

static bool list_template(struct sweep *sweep)
{
	static struct prefixes prefixes;
	bool well = true;

	if (sweep->erasures)
		return list(sweep, SPAN_EMPTY, take_erased);
	prefixes_init(&prefixes, sweep->ended.template);
	for (size_t i = 0; i < prefixes.count && well; i++)
		well = list_ended(sweep, prefixes.list[i]);
	return well;
}

static bool list_all(struct sweep *sweep)
{
	bool well;

	sweep->found = 0;
	sweep->found_bytes = 0;
	sweep->erased = 0;
	if (sweep->options->older >= 0)
		return list(sweep, SPAN_EMPTY, take_older);
	well = list_template(sweep);
	if (sweep->options->erasures)
		return well;
	for (size_t i = 0;
	     i < sweep->janitor->service->conf->caller_count && well; i++) {
		sweep->caller = base_caller(sweep, i);
		if (sweep->caller && sweep->caller->keep)
			well = list(sweep, span_from(sweep->caller->base, 1),
			    take_kept);
	}
	return well;
}

static void take_counts(struct sweep *sweep, struct removal *removal)
{
	struct tally *tally = sweep->tally;

	removal_finish(removal);
	tally->removed = removal->removed;
	tally->failed = removal->failed;
	tally->erased =
	    sweep->erased < tally->removed ? sweep->erased : tally->removed;
	tally->bytes = removal->bytes;
	if (*removal->why)
		tally_fault(tally, "cannot remove ", removal->why);
}

static uint64_t without(uint64_t all, uint64_t part)
{
	return all > part ? all - part : 0;
}

/* Some stores say that they have removed what they keep. */
static bool verify(struct sweep *sweep)
{
	struct tally *tally = sweep->tally;
	const uint64_t all = sweep->found, bytes = sweep->found_bytes;
	const uint64_t erased = sweep->erased;
	const uint64_t failed = tally->failed, listed = tally->listed;
	bool well;

	sweep->removal = NULL;
	sweep->again = true;
	well = list_all(sweep);
	tally->listed -= listed;
	if (tally->listed < listed)
		tally->listed = listed;
	if (!well)
		return false;
	tally->failed = sweep->found;
	tally->removed = without(all, sweep->found);
	tally->bytes = without(bytes, sweep->found_bytes);
	tally->erased = without(erased, sweep->erased);
	if (sweep->found > failed)
		tally_fault(tally, "is listed again: ",
		    "the store keeps what it says it has removed");
	return true;
}

static bool remove_all(struct sweep *sweep)
{
	struct removal *removal = removal_open(sweep->janitor, sweep->store);
	bool well;

	if (!removal) {
		tally_fault(sweep->tally, "", "out of memory");
		return false;
	}
	sweep->removal = removal;
	well = list_all(sweep);
	take_counts(sweep, removal);
	removal_close(removal);
	if (well && sweep->options->verify)
		well = verify(sweep);
	return well && !sweep->tally->failed;
}

static bool sweep_all(struct sweep *sweep)
{
	struct tally *tally = sweep->tally;
	bool well;

	if (!sweep->options->dry_run)
		return remove_all(sweep);
	well = list_all(sweep);
	tally->removed = sweep->found;
	tally->bytes = sweep->found_bytes;
	tally->erased = sweep->erased;
	return well;
}

/* With the erasures of the store's notes. */
static bool sweep_noted(struct sweep *sweep, size_t number)
{
	struct erasures *noted = &sweep->noted;
	bool read, well = false;

	erasures_init(noted, sweep->janitor->service, number);
	read = erasures_read(sweep->janitor, noted, sweep->tally);
	if (noted->count)
		sweep->erasures = noted;
	if (!janitor_stopped(sweep->janitor))
		well = sweep_all(sweep);
	if (well && !sweep->options->dry_run)
		well = erasures_forget(sweep->janitor, noted, sweep->tally);
	erasures_close(noted);
	return well && read;
}

void sweep_store(const struct janitor *janitor, size_t number,
    const struct sweep_options *options, struct tally *ret_tally)
{
	const struct service *service = janitor->service;
	const int64_t began = clock_micros();
	struct sweep sweep = {
		.janitor = janitor,
		.options = options,
		.store = service->stores[number],
		.tally = ret_tally,
		.erasures = options->erasures,
	};

	ended_init(&sweep.ended, &service->templates[number], janitor->now());
	tally_init(
	    ret_tally, service->conf->storages[number].name, options->dry_run);
	ret_tally->ok = options->erasures || options->older >= 0
			    ? sweep_all(&sweep)
			    : sweep_noted(&sweep, number);
	ret_tally->ok &= !janitor_stopped(janitor);
	ret_tally->micros = clock_micros() - began;
}
