#ifndef CORE_NAMES_H
#define CORE_NAMES_H

#include "core/span.h"

/*
 * A table of names and their numbers, made once and then only read. To find a
 * name takes the same time among a thousand names as in one alone. All zeros
 * is a table without names.
 */
struct names {
	struct names_place *places;
	uint32_t mask;
};

struct names_place {
	struct span name; /* at == NULL: the place is empty */
	uint32_t hash;
	uint32_t number;
};

#define NAMES_NONE UINT32_MAX

/* How many places a table for up to `count` names has. */
size_t names_room(size_t count);

/* Makes an empty table of names_room(count) places, which are zeroed and
 * outlive it. */
void names_init(struct names *names, struct names_place *places, size_t count);

/* Adds a name, whose bytes must outlive the table. The first number of a name
 * stays. */
void names_add(struct names *names, struct span name, uint32_t number);

/* The number of this name. NAMES_NONE: it is not there. */
uint32_t names_find(const struct names *names, struct span name);

/*
 * The number for a domain: that of the very name, else the lowest of the "*."
 * patterns that match it (jid_domain_matches in slot/jid.h). NAMES_NONE: there
 * is none.
 */
uint32_t names_find_domain(const struct names *names, struct span domain);

#endif
