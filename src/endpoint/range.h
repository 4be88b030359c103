#ifndef ENDPOINT_RANGE_H
#define ENDPOINT_RANGE_H

#include "core/span.h"

enum range_kind {
	RANGE_WHOLE,         /* none, several, or an invalid one: ignore it */
	RANGE_PART,          /* bytes first to last, both included */
	RANGE_UNSATISFIABLE, /* beyond the end */
};

struct range {
	uint64_t first;
	uint64_t last;
};

/* Reads a Range field (RFC 9110, section 14.2) for a file of `size` bytes;
 * header.at == NULL: there is none. */
enum range_kind range_read(
    struct span header, uint64_t size, struct range *ret_range);

/* Whether an If-None-Match or If-Match list names this entity tag, or is
 * "*"; weak comparison (RFC 9110, section 8.8.3.2). */
bool range_etag_listed(struct span list, struct span etag);

#endif
