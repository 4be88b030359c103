#ifndef CORE_LITTER_H
#define CORE_LITTER_H

#include "core/span.h"

/*
 * Says what editors and pasting have left in a secret: "begins with a byte
 * order mark" and the like, to follow the name of the file or setting. NULL:
 * nothing. Every secret is checked with this, and then used as it stands.
 */
const char *litter_of(struct span secret);

#endif
