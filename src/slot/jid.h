#ifndef SLOT_JID_H
#define SLOT_JID_H

#include "core/buf.h"
#include "slotd/failure.h"

#define JID_PART_MAX 1023
#define JID_BARE_SIZE (2 * JID_PART_MAX + 2) /* of its text, with a NUL */

/*
 * A bare JID (RFC 7622). local is as it was written, and empty for a domain
 * alone, as gateways have; domain is in the form of jid_domain.
 */
struct jid {
	struct span local;
	struct span domain;
	char memory[JID_BARE_SIZE]; /* both spans point into it */
};

/*
 * Reads a full or bare JID, or a domain. The text is cut at the first '/' and
 * split at the first '@' before it. Local part and domain must be 1 to 1023
 * bytes without control characters, blanks or a second '@'; the resource at
 * most 1023 bytes without control characters. False with a sentence otherwise.
 * A struct jid must not be copied: its spans point into itself.
 */
bool jid_parse(struct span text, struct jid *ret_jid, const char **ret_wrong);

/* The same, refused with that sentence. */
enum failure jid_read(
    struct span text, struct jid *ret_jid, struct refusal *why);

/* Refuses for such a sentence: with this detail where the JID is at fault;
 * FAILURE_UNAVAILABLE for a lack of memory. */
enum failure jid_refuse(
    const char *wrong, const char *detail, struct refusal *why);

/*
 * Reads a domain: a host name, a name with U-labels, or an IP literal. Appends
 * the form in which slotd compares, counts and writes domains: without a
 * trailing dot, in lower case, with A-labels (core/idn.h) instead of
 * non-ASCII ones, IP literals as inet_ntop(3) writes them. ASCII labels that
 * begin with "xn--" stay as they are. False with a sentence otherwise.
 */
bool jid_domain(struct span text, struct buf *out, const char **ret_wrong);

/* Whether each label that begins with "xn--" is the A-label that jid_domain
 * makes of its U-label. domain is in the form of jid_domain. */
bool jid_labels_valid(struct span domain);

/* Appends the bare JID as slotd hashes, counts and compares it: ASCII in lower
 * case (XMPP servers normalise the rest). Needs JID_BARE_SIZE bytes. */
void jid_bare(const struct jid *jid, struct buf *out);

/* pattern is a domain in the form of jid_domain, or "*." and one: any
 * subdomain of it, and not the domain itself. */
bool jid_domain_matches(struct span domain, struct span pattern);

#endif
