#ifndef CONF_ENVIRONMENT_H
#define CONF_ENVIRONMENT_H

#include "conf/node.h"

/* The environment as a source of credentials, with the variables of AWS's
 * SDKs. */

/* Whether some variable says where credentials are. */
bool environment_shows(void);

/* Fills in what the settings' kind needs. Faults and warnings, of what cannot
 * work, are told of the node. The region is the storage's. Opens no network. */
void environment_read(
    const struct node *node, struct creds_settings *creds, struct span region);

#endif
