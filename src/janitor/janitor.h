#ifndef JANITOR_JANITOR_H
#define JANITOR_JANITOR_H

#include "service/service.h"

/*
 * What the commands that list, remove and adopt have in common: `sweep`,
 * `files`, `delete`, `erase`, `adopt`. None of it is part of `serve`, which
 * needs no right to list or remove.
 */
struct janitor {
	const struct service *service;
	int64_t (*now)(void); /* unix seconds */
	/* A file descriptor that is readable once the command is to end; -1:
	 * never. */
	int stop;
	/* Waits so many milliseconds, or until `stop`. */
	void (*wait)(const struct janitor *janitor, int milliseconds);
};

/* With the real clock, and a wait for `stop`. */
void janitor_init(
    struct janitor *janitor, const struct service *service, int stop);

/*
 * Gives the service's stores the janitor's credentials, and waits for these.
 * fetch_start comes before. False, with a sentence in wrong: there are none for
 * a store, no memory, or the command is to end. name: of the only store that
 * is needed; NULL: all are.
 */
bool janitor_open(const struct janitor *janitor, const char *name, char *wrong,
    size_t wrong_size);

/* Whether the command is to end. */
bool janitor_stopped(const struct janitor *janitor);

/* How often one request is sent at the most. */
#define JANITOR_TRIES 5

/* A request has failed for the tries'th time, from 1, in a way that may pass:
 * waits, twice as long each time. False: it was the last try, or the command
 * is to end. */
bool janitor_again(const struct janitor *janitor, unsigned tries);

/* list of a store's class, with janitor_again. A store without it is
 * FAILURE_INTERNAL. `why` has STORE_WHY bytes. */
enum failure janitor_list(const struct janitor *janitor, struct store *store,
    struct span prefix,
    bool (*each)(void *of, const struct store_object *object), void *of,
    struct buf *why);
/* remove of its class, likewise. */
enum failure janitor_remove(const struct janitor *janitor, struct store *store,
    struct span key, struct buf *why);
/* settle of the class of each store. False: why has the store's name, and what
 * went wrong there. */
bool janitor_settle(const struct janitor *janitor, struct buf *why);

#endif
