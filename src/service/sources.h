#ifndef SERVICE_SOURCES_H
#define SERVICE_SOURCES_H

#include "conf/conf.h"
#include "creds/pool.h"
#include "service/log.h"

/*
 * All sources of credentials of the process. The services share them: a source
 * that the next configuration has too goes on. Their failures are logged. Any
 * thread may call these functions.
 */
struct sources;

/* Returns NULL without memory. */
struct sources *sources_open(void);
struct sources *sources_hold(struct sources *sources);
/* The last release waits for the threads of all sources. NULL is allowed. */
void sources_release(struct sources *sources);

/* Sets how to log. Nothing is logged before the first call. */
void sources_log(struct sources *sources, const struct log *log);

/* Opens the credentials of a store, to be closed with its class's `close`.
 * Returns NULL without memory or a thread. */
struct creds *sources_get(
    struct sources *sources, const struct creds_settings *settings);

#endif
