#ifndef CORE_URI_H
#define CORE_URI_H

#include "core/buf.h"

/*
 * Percent-encoding as RFC 3986 and AWS SigV4 ask: all but unreserved
 * characters (A-Z a-z 0-9 - . _ ~) become %XX with upper-case digits.
 * uri_encode_path keeps '/' as well.
 */
void uri_encode(struct buf *out, struct span bytes);
void uri_encode_path(struct buf *out, struct span bytes);

/* The bytes behind %XX; a plus sign is a plus sign. False for a '%' without
 * two digits, for %00, and when out is full. */
bool uri_decode(struct buf *out, struct span text);

/* Whether it is an IP address as URLs have them: four decimal numbers, or IPv6
 * in brackets without a zone (RFC 3986, section 3.2.2). */
bool uri_address_valid(struct span text);

/* Whether a host can only be an IP address, valid or not: it begins with a
 * bracket, or has digits and dots alone. */
bool uri_is_address(struct span host);
/* Appends such an address in its one form, as inet_ntop(3) writes it, an IPv6
 * address in brackets. False when it is none, or out is full. */
bool uri_address_write(struct span text, struct buf *out);

/*
 * A plain URL prefix: scheme://host[:port][/path].
 * host is lower-case, with ":port" unless it is the scheme's default, an
 * IPv6 literal in brackets: just as it stands in a Host header. path is
 * empty or starts with '/' and has no '/' at its end. All point into the
 * caller's buffer.
 */
struct uri_base {
	struct span scheme; /* "http" or "https" */
	struct span host;
	struct span path;
};

/* Bytes of a prefix in its normal form at the most. A key of up to 1024 bytes
 * and a signature follow it. */
#define URI_BASE_MAX 1024

/*
 * Reads such a prefix and writes its normal form to out (no slash at the
 * end). %XX in the path gets the one form that SigV4 signs: upper-case
 * digits, unreserved characters decoded. Refused with a sentence: %2F, %00,
 * other characters outside unreserved and '/', a segment "." or ".." (written
 * as %2E, too), a user, a query, a fragment, an empty or malformed host, a
 * port outside 1-65535, more than URI_BASE_MAX bytes. On failure out may hold
 * a part of the prefix.
 */
bool uri_base_parse(struct span url, struct buf *out, struct uri_base *ret_base,
    const char **ret_wrong);

#endif
