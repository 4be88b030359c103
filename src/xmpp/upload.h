#ifndef XMPP_UPLOAD_H
#define XMPP_UPLOAD_H

#include "xmpp/answer.h"
#include "xmpp/component.h"

/* Answers a request for a slot (XEP-0363), of either namespace. */
void upload_take(struct component *component, const struct answer *answer,
    const struct stanza *stanza);

#endif
