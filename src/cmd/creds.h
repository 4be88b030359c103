#ifndef CMD_CREDS_H
#define CMD_CREDS_H

#include "service/sources.h"

/* How long commands wait for credentials at the most, in milliseconds. */
#define CREDS_WAIT_MS 15000

/*
 * Puts the credentials that a service would sign with now into s3_creds of
 * each storage, or of the named one, until command_creds_done. A storage
 * without credentials gets empty ones, with a sentence on stderr. False, also
 * with a sentence: no memory.
 */
struct command_creds {
	struct sources *sources;
	size_t count;
	struct command_creds_one {
		struct creds *source; /* NULL unless it is an S3 storage */
		struct creds_value value;
		/* Why there are none; "": there are, or were not asked for. */
		char why[CREDS_WHY];
	} * list;
};

bool command_creds_get(struct command_creds *creds, const char *command,
    const struct conf *conf, const char *name);
/* Also after a failure. */
void command_creds_done(struct command_creds *creds);

#endif
