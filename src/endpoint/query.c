#include "endpoint/query.h"

#include "http/reply.h"

bool query_jid(struct request *request, struct jid *jid)
{
	char memory[3 * JID_PART_MAX + 3];
	enum failure failure = FAILURE_NONE;
	struct refusal why = { 0 };
	struct buf text;
	bool missing;

	buf_init(&text, memory, sizeof memory);
	if (!request_query(request, "jid", &text, &missing))
		failure = jid_refuse(NULL,
		    missing ? "jid: missing from the query"
			    : "jid: appears twice in the query, is too long or "
			      "malformed",
		    &why);
	else
		failure = jid_read(buf_span(&text), jid, &why);
	if (failure != FAILURE_NONE) {
		reply_failure(request, failure, &why);
		return false;
	}
	if (auth_allows(request->signer, jid->domain))
		return true;
	why.detail = "jid: this caller gets no slots for its domain";
	reply_failure(request, FAILURE_FORBIDDEN, &why);
	return false;
}
