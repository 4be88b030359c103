#ifndef SLOT_JID_H
#define SLOT_JID_H

#include "core/buf.h"

#define JID_PART_MAX 1023

/*
 * A bare JID (RFC 7622). local is empty for a domain alone, as gateways
 * have; domain is lower-case (ASCII) without a trailing dot.
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
 * at, but for controls and more than 1023 bytes. The domain must be a host
 * name, a U-label name or an IP literal. False with a sentence otherwise.
 * A struct jid must not be copied: its spans point into itself.
 */
bool jid_parse(struct span text, struct jid *ret_jid, const char **ret_wrong);

/* The domain rule alone: lower-cases into out. */
bool jid_domain(struct span text, struct buf *out);

/* pattern is a lower-case domain, or "*." and one: any subdomain of it, and
 * not the domain itself. */
bool jid_domain_matches(struct span domain, struct span pattern);

#endif
