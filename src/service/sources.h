#ifndef SERVICE_SOURCES_H
#define SERVICE_SOURCES_H

#include "conf/conf.h"
#include "creds/pool.h"
#include "service/log.h"

/*
 * The sources of credentials of a process, which its services share: what is
 * the same in the next reading of the configuration is carried over, and what
 * happens to them is logged.
 */
struct sources;

/* NULL: no memory. */
struct sources *sources_open(void);
struct sources *sources_hold(struct sources *sources);
/* The last who lets go of it waits for their threads. NULL is fine. */
void sources_release(struct sources *sources);

/* How to log from now on; before the first call nothing is logged. */
void sources_log(struct sources *sources, const struct log *log);

/* To be closed; NULL: no memory or no thread. */
struct creds *sources_get(
    struct sources *sources, const struct creds_settings *settings);

#endif
