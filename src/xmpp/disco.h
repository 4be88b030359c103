#ifndef XMPP_DISCO_H
#define XMPP_DISCO_H

#include "slot/policy.h"
#include "xmpp/answer.h"

/* What the component says of itself: XEP-0030, 0092 and 0128. */

#define DISCO_INFO "http://jabber.org/protocol/disco#info"
#define DISCO_ITEMS "http://jabber.org/protocol/disco#items"
#define DISCO_PING "urn:xmpp:ping"
#define DISCO_VERSION "jabber:iq:version"
#define DISCO_UPLOAD "urn:xmpp:http:upload:0"
#define DISCO_UPLOAD_OLD "urn:xmpp:http:upload"
#define DISCO_PURPOSE "urn:xmpp:http:upload:purpose:0"

struct disco {
	struct answer answer;
	struct span name;                /* of the component */
	const struct policies *policies; /* for who asks */
};

/* Each appends the whole answer; of is a struct disco. */
void disco_info(struct buf *out, const void *of);
void disco_items(struct buf *out, const void *of);
void disco_ping(struct buf *out, const void *of);
void disco_version(struct buf *out, const void *of);

#endif
