#ifndef SLOT_PURPOSE_H
#define SLOT_PURPOSE_H

#include "core/span.h"

/* What a file is for: the purposes of XEP-0363, version 1.2. */
enum purpose {
	PURPOSE_MESSAGE, /* what slots without a purpose are for */
	PURPOSE_PROFILE,
	PURPOSE_EPHEMERAL,
	PURPOSE_PERMANENT,
};

#define PURPOSE_COUNT 4

/* As it stands in requests, settings and object keys; a literal. */
const char *purpose_name(enum purpose purpose);
/* False: there is no such purpose. */
bool purpose_read(struct span name, enum purpose *ret_purpose);
/* The length of the name that a text begins with; 0: of none. No name begins
 * with another one. */
size_t purpose_run(struct span text);

#endif
