#include "creds/fetch.h"

#include "core/hash.h"

#define SECONDS 10
#define NEAR_SECONDS 2

bool creds_fetch(const struct creds_round *round, struct fetch_request request,
    bool near, const char *where, struct fetch_reply *ret_reply,
    struct creds_draft *draft)
{
	char said[CREDS_QUOTE];

	request.seconds = SECONDS;
	request.connect_seconds = near ? NEAR_SECONDS : SECONDS;
	request.direct = near;
	request.whole = true;
	fetch(&request, round->stop, ret_reply);
	if (ret_reply->result == FETCH_ANSWERED)
		return true;
	creds_quote(span_of(ret_reply->error), SPAN_EMPTY, said);
	creds_draft_wrong(draft, "%s %s%s", where,
	    ret_reply->result == FETCH_TOO_LARGE ? "answered "
						 : "did not answer: ",
	    said);
	wipe(ret_reply, sizeof *ret_reply);
	return false;
}
