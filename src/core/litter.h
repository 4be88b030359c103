#ifndef CORE_LITTER_H
#define CORE_LITTER_H

#include "core/span.h"

/*
 * What editors and pasting leave in a secret: "begins with a byte order
 * mark", and so on, to be put behind the name of what holds it. NULL: there
 * is nothing of that kind. Wherever a secret is read it is looked at with
 * this; a secret is always taken as it stands.
 */
const char *litter_of(struct span secret);

#endif
