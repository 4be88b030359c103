#ifndef JANITOR_SWEEP_H
#define JANITOR_SWEEP_H

#include "janitor/erasures.h"
#include "janitor/janitor.h"
#include "janitor/tally.h"

struct sweep_options {
	bool dry_run; /* remove nothing */
	bool verify;  /* list again, and count what is still there as failed */
	/* Seconds: remove by age instead; below 0: what has ended. */
	int64_t older;
	/* Removes the files of these users alone. NULL: sweeps. */
	const struct erasures *erasures;
	/* Called now and then with what was done so far. NULL: not wanted. */
	void (*progress)(void *of, const struct tally *tally);
	void *of;
};

/*
 * Removes from one store, by its number, what is past its end: objects whose
 * key this store's template or a default one makes, whose {until} has come;
 * and those below the `base` of a caller with `keep` that are older than that.
 * Of the former it lists little more than it removes. Objects with other keys
 * are never touched. Carries out the erasures of the store's notes, too, for
 * which it lists all objects.
 *
 * With `older`, removes every object that a template or a base makes and that
 * was stored so long ago, whatever its end.
 */
void sweep_store(const struct janitor *janitor, size_t number,
    const struct sweep_options *options, struct tally *ret_tally);

#endif
