#ifndef CORE_BASE64_H
#define CORE_BASE64_H

#include "core/buf.h"

/* RFC 4648, section 5, without padding: [A-Za-z0-9_-]. */
void base64url_encode(struct buf *out, const void *bytes, size_t len);

/* False for other characters, padding, impossible lengths, spare bits that are
 * not zero, and more than max bytes. */
bool base64url_decode(
    struct span text, size_t max, uint8_t *ret_bytes, size_t *ret_len);

/* RFC 4648, section 4: [A-Za-z0-9+/], padded with '='. */
void base64_encode(struct buf *out, const void *bytes, size_t len);

/* Likewise RFC 4648, section 4: [A-Za-z0-9+/], padded with '='. */
bool base64_decode(
    struct span text, size_t max, uint8_t *ret_bytes, size_t *ret_len);

#endif
