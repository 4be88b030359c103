#ifndef ENDPOINT_QUERY_H
#define ENDPOINT_QUERY_H

#include "http/request.h"

/* Reads ?jid= of an authenticated request. False after a reply: it is missing,
 * invalid, or of a domain that request->signer is not allowed. */
bool query_jid(struct request *request, struct jid *ret_jid);

#endif
