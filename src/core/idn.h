#ifndef CORE_IDN_H
#define CORE_IDN_H

#include "core/buf.h"

/* Bytes of a domain in DNS at the most (RFC 1035, section 2.3.4). */
#define IDN_MAX 255

enum idn_result {
	IDN_DONE,
	IDN_NONE,      /* the domain has no such form */
	IDN_NO_MEMORY, /* try again later */
};

/*
 * Appends a domain's ASCII form, in lower case: each label with other
 * characters becomes its A-label (RFC 5890) by UTS 46, nontransitional. Labels
 * that begin with "xn--" must be A-labels already. The result may not be a
 * valid host name, because UTS 46 maps some letters to punctuation. Nothing is
 * appended on failure.
 *
 * libidn2 uses the heap while this runs: call it only for domains that are not
 * ASCII.
 */
enum idn_result idn_to_ascii(struct span domain, struct buf *out);

/* Appends the form with U-labels of a domain that idn_to_ascii has given.
 * Nothing is appended on failure. */
enum idn_result idn_to_unicode(struct span domain, struct buf *out);

#endif
