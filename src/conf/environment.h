#ifndef CONF_ENVIRONMENT_H
#define CONF_ENVIRONMENT_H

#include "conf/reader.h"

/* The environment as a source of credentials, with the variables of AWS's
 * SDKs. */
struct environment {
	struct reader *reader;
	const struct node *node; /* what faults are told of */
	struct creds_settings *creds;
};

/* Whether some variable says where credentials are. */
bool environment_shows(void);

/* Fills in what the settings' kind needs, and says what cannot work. The
 * region is the storage's. Opens no network. */
void environment_read(struct environment *environment, struct span region);

#endif
