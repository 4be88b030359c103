#ifndef SLOT_JID_H
#define SLOT_JID_H

#include "core/buf.h"
#include "slotd/failure.h"

#define JID_PART_MAX 1023

/*
 * A bare JID (RFC 7622). local is empty for a domain alone, as gateways
 * have, and as it was written; domain is in the form of jid_domain.
 */
struct jid {
	struct span local;
	struct span domain;
	char memory[2 * JID_PART_MAX + 2]; /* where both spans point to */
};

/*
 * Reads a full or bare JID, or a domain. It is cut at its first '/' and
 * split at the first '@' before it. Local part and domain are 1 to 1023
 * bytes without controls, blanks or a second '@'; the resource is not looked
 * at, but for controls and more than 1023 bytes. False with a sentence
 * otherwise.
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
 * The domain rule alone: a host name, a U-label name or an IP literal.
 * Appends the one form in which domains are compared, counted and written:
 * without a trailing dot, in lower case, with A-labels (core/idn.h) when it is
 * not ASCII, IP literals as inet_ntop(3) writes them. An ASCII label that
 * begins with "xn--" is taken as it is. False with a sentence otherwise.
 */
bool jid_domain(struct span text, struct buf *out, const char **ret_wrong);

/* Whether a domain that jid_domain takes is an IP literal. */
bool jid_is_address(struct span domain);

/* Whether all labels that begin with "xn--" are A-labels, in the form that
 * jid_domain gives for their U-labels. domain is in the form of jid_domain. */
bool jid_labels_valid(struct span domain);

/* Appends the bare JID as it is hashed, counted and compared: in lower case
 * (ASCII; what XMPP ignores beyond that the server has sent in one form).
 * 2 * JID_PART_MAX + 2 bytes hold any. */
void jid_bare(const struct jid *jid, struct buf *out);

/* pattern is a domain in the form of jid_domain, or "*." and one: any
 * subdomain of it, and not the domain itself. */
bool jid_domain_matches(struct span domain, struct span pattern);

#endif
