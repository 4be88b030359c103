#ifndef CONF_ENVIRONMENT_H
#define CONF_ENVIRONMENT_H

#include "conf/node.h"

/* The environment as a source of credentials, with the variables of AWS's
 * SDKs. */

/* Whether some variable says where credentials are. */
bool environment_shows(void);

/* Fills in what the kind of credentials needs. Faults and warnings get the
 * path of the node. The region is the storage's. It connects to nothing. */
void environment_read(
    const struct node *node, struct creds_settings *creds, struct span region);

#endif
