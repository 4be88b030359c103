#ifndef ENDPOINT_JSON_READ_H
#define ENDPOINT_JSON_READ_H

#include "core/span.h"
#include "slotd/failure.h"

#include <jansson.h>

/* What the files that read documents share. */

bool json_has_nul(struct span text);

/* Returns FAILURE_BAD_REQUEST if the text is not JSON, FAILURE_UNAVAILABLE
 * without memory. *ret_root is always set, and to be freed. */
enum failure json_load_text(
    struct span text, json_error_t *error, json_t **ret_root);

/* A member of an object; left as it is if it is missing. False if it exists and
 * is not a string. */
bool json_read_text(json_t *root, const char *name, struct span *ret_text);
/* Likewise, but null counts as missing. */
bool json_read_hint(json_t *root, const char *name, struct span *ret_text);

#endif
