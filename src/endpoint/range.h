#ifndef ENDPOINT_RANGE_H
#define ENDPOINT_RANGE_H

#include "core/span.h"

enum range_kind {
	RANGE_WHOLE,         /* none, several or invalid: send everything */
	RANGE_PART,          /* bytes first to last, inclusive */
	RANGE_UNSATISFIABLE, /* beyond the end of the file */
};

struct range {
	uint64_t first;
	uint64_t last;
};

/* Reads a Range field (RFC 9110, section 14.2) for a file of `size` bytes.
 * header.at == NULL: the field is missing. */
enum range_kind range_read(
    struct span header, uint64_t size, struct range *ret_range);

/* Whether an If-None-Match or If-Match list contains this entity tag, or is
 * "*". The comparison is weak (RFC 9110, section 8.8.3.2). */
bool range_etag_listed(struct span list, struct span etag);

#endif
