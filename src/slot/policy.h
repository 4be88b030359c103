#ifndef SLOT_POLICY_H
#define SLOT_POLICY_H

#include "core/span.h"
#include "slotd/failure.h"

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
};

/*
 * Type and ending before size, as section 3 of the contract orders: gives
 * FAILURE_FORBIDDEN or FAILURE_FILE_TOO_LARGE and fills *why, or
 * FAILURE_NONE. type is the media type that counts, filename a cleaned name.
 */
enum failure policy_check(const struct policy *policy, struct span filename,
    struct span type, uint64_t size, struct refusal *why);

/* Whether allow_types leaves a type out. */
bool policy_limits_types(const struct policy *policy);

/*
 * What a slot's file is stored as: its type, or what the PUT says when it
 * named none (empty). Where types are limited that would pass the limit by, so
 * such a file is application/octet-stream, as it was judged.
 */
struct span policy_type(const struct policy *policy, struct span type);

/* Whether it has a quota. */
bool policy_counts(const struct policy *policy);

#endif
