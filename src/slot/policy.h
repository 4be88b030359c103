#ifndef SLOT_POLICY_H
#define SLOT_POLICY_H

#include "core/span.h"
#include "slot/purpose.h"
#include "slotd/failure.h"

/* The rules for files of one purpose. */
struct policy {
	uint64_t max_size;              /* bytes, at least 1 */
	const struct span *allow_types; /* none: all */
	size_t allow_type_count;
	const struct span *deny_extensions; /* lower case, without dots */
	size_t deny_extension_count;
	/* Quotas, see slotd/quota.h; 0: none. */
	uint32_t slots_per_minute;
	uint64_t bytes_per_day;
	uint64_t domain_bytes_per_day;
	/* bytes_per_day is of this purpose alone, and counted by itself. */
	bool own_bytes;
	uint32_t keep; /* seconds from the slot to the file's end; 0: none */
};

/* The rules for the files of a domain, by their purpose. */
struct policies {
	struct policy of[PURPOSE_COUNT];
	bool offers[PURPOSE_COUNT]; /* message always */
};

/* NULL: slots for this purpose are not offered. */
const struct policy *policies_for(
    const struct policies *policies, enum purpose purpose);

/*
 * Checks type and ending, then size. Gives FAILURE_NONE, or FAILURE_FORBIDDEN
 * or FAILURE_FILE_TOO_LARGE with *why. filename is a cleaned name.
 */
enum failure policy_check(const struct policy *policy, struct span filename,
    struct span type, uint64_t size, struct refusal *why);

/* Whether allow_types excludes any type. */
bool policy_limits_types(const struct policy *policy);

/*
 * The type that a slot's file is stored with; empty: that of the PUT. If the
 * policy limits types and the slot names none, it is application/octet-stream,
 * as policy_check was told, since the PUT's could evade the limit.
 */
struct span policy_type(const struct policy *policy, struct span type);

/* Whether it has a quota. */
bool policy_counts(const struct policy *policy);

#endif
