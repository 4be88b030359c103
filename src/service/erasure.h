#ifndef SERVICE_ERASURE_H
#define SERVICE_ERASURE_H

#include "service/service.h"

/* Erasures: all files of a user are to go. The service writes notes of them
 * (slot/note.h); whoever sweeps a store carries them out. */

/* Whether there are users whose files can be found: object keys of one of the
 * stores tell whose file it is, and all of them keep notes. */
bool erasure_possible(const struct service *service);

/* Whether this user's files can be found: object keys of the store of the
 * JID's domain tell it, too. */
bool erasure_possible_for(const struct service *service, const struct jid *jid);

/*
 * Writes a note for this user into each store from number *store on, which is
 * 0 at first. They are durable when this returns FAILURE_NONE. May wait for
 * disks and networks; fetch_start has been called if there is a store other
 * than the embedded one. On failure *store is that store's number, from which
 * it may go on. That one may have a note, too, if its answer was lost: two of
 * them do as one.
 */
enum failure erasure_note(const struct service *service, const struct jid *jid,
    int64_t now, size_t *store, struct refusal *why);

#endif
