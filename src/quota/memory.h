#ifndef QUOTA_MEMORY_H
#define QUOTA_MEMORY_H

#include "slotd/quota.h"

/*
 * Type "memory": one process counts for itself, 128 bytes a user at the most.
 * A user is kept as long as anything of his counts; who has been quiet
 * longest is dropped first. When nobody is quiet, no place is made: nobody's
 * quota is forgotten, and who is new gets FAILURE_UNAVAILABLE until the
 * first of the others has been quiet for a day.
 */
struct quota_memory_config {
	uint32_t max_users; /* users, and domains with a limit of their own */
	const char *state_file; /* outlives the process; NULL: nothing does */
	uint8_t seed[16];       /* random: spreads the users */
};

/*
 * Opens it, with what state_file holds. A state_file that cannot be used is
 * no reason to stop: said has a sentence then, else it is empty. NULL when
 * there is no memory.
 */
struct quota *memory_open(const struct quota_memory_config *config, int64_t now,
    char *ret_said, size_t said_size);

#endif
