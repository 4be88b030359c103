#ifndef JANITOR_ERASURES_H
#define JANITOR_ERASURES_H

#include "janitor/janitor.h"
#include "janitor/tally.h"
#include "slot/owners.h"

/* The users whose files are to go: those of a store's notes (slot/note.h), or
 * those that `slotd erase` was given. */
struct erasures {
	const struct keyring *keyring; /* NULL: there can be none */
	const struct service *service;
	size_t number; /* of the store */
	size_t count, room;
	struct owner *owners;
	struct erasure *notes; /* in the same order */
};

/* Of the objects of this store, by its number, and of others that have their
 * files in the same place: they have the same notes. */
void erasures_init(
    struct erasures *erasures, const struct service *service, size_t number);

/* Adds a user. False: no memory. */
bool erasures_add(struct erasures *erasures, const struct jid *jid);

/*
 * Adds the users of all notes that the store has, at most ERASURES_MAX at a
 * time, and counts them as pending. Notes that no line of key_file made, and
 * objects that are too large for a note, are counted as strange. False, with
 * the reason in the tally: notes could not be listed or read; those that could
 * be count.
 */
#define ERASURES_MAX 100000
bool erasures_read(const struct janitor *janitor, struct erasures *erasures,
    struct tally *tally);

/* Whether this object is to go: it is of one of the users, and was not stored
 * long after the last slot that was issued before the note. */
bool erasures_have(
    const struct erasures *erasures, const struct store_object *object);
/* Whether this was so for any object of the number'th user that was added. */
bool erasures_met(const struct erasures *erasures, size_t number);

/* All that is to go is gone: removes the notes before which the last slot has
 * ended, which are pending no longer. False, with the reason in the tally: not
 * all of them. */
bool erasures_forget(const struct janitor *janitor,
    const struct erasures *erasures, struct tally *tally);

void erasures_close(struct erasures *erasures);

#endif
