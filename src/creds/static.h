#ifndef CREDS_STATIC_H
#define CREDS_STATIC_H

#include "slotd/creds.h"

/* The credentials that stand in the configuration. Copies the value; NULL
 * when there is no memory. */
struct creds *creds_static_open(const struct creds_value *value);

#endif
