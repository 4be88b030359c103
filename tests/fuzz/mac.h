#ifndef FUZZ_MAC_H
#define FUZZ_MAC_H

#include "core/buf.h"

/* A second opinion of HMAC-SHA256 and base64, by GnuTLS. */

#define MAC_SIZE 32

void mac_of(const char *secret, struct span text, uint8_t ret_mac[MAC_SIZE]);
/* In lower-case hexadecimal digits. */
void mac_hex(
    const char *secret, struct span text, char ret_hex[2 * MAC_SIZE + 1]);

/* url: as base64url, without padding. */
void mac_base64(struct span bytes, bool url, struct buf *out);

#endif
