#ifndef QUOTA_MEMORY_H
#define QUOTA_MEMORY_H

#include "slotd/quota.h"

/*
 * Type "memory": one process counts for itself, in at most 128 bytes a user. A
 * user is kept while anything of his counts; after that he is dropped as others
 * come. When the table is full of users with current usage, new ones get
 * FAILURE_UNAVAILABLE: nobody's quota is forgotten.
 */
struct quota_memory_config {
	uint32_t max_users; /* users, and domains with a limit of their own */
	const char *state_file; /* keeps the counts over a restart; or NULL */
	uint8_t seed[16];       /* random: spreads the users */
};

/*
 * Opens it, with the counts in state_file. If that file cannot be used,
 * counting starts at zero and ret_said has a sentence; else ret_said is empty.
 * NULL when there is no memory.
 */
struct quota *memory_open(const struct quota_memory_config *config, int64_t now,
    char *ret_said, size_t said_size);

#endif
