#include "endpoint/authenticate.h"
#include "endpoint/json.h"
#include "http/reply.h"
#include "endpoint/routes.h"

/* The issuer of ?domain=. NULL after a reply: the domain is missing, invalid or
 * not allowed. */
static const struct issuer *find(
    struct request *request, const struct caller *caller)
{
	char memory[JID_PART_MAX + 1], lower_memory[JID_PART_MAX + 1];
	const char *wrong = NULL;
	struct buf text, domain;
	struct refusal why = { 0 };
	const char *fault = NULL;
	bool missing;

	buf_init(&text, memory, sizeof memory);
	buf_init(&domain, lower_memory, sizeof lower_memory);
	if (!request_query(request, "domain", &text, &missing))
		fault = missing
			    ? "domain: missing from the query"
			    : "domain: appears twice in the query, is too long "
			      "or malformed";
	else if (!jid_domain(buf_span(&text), &domain, &wrong))
		fault = "domain: not a valid domain";
	if (fault) {
		reply_failure(request, jid_refuse(wrong, fault, &why), &why);
		return NULL;
	}
	if (!auth_allows(caller, buf_span(&domain))) {
		why.detail = "domain: this caller gets no slots for it";
		reply_failure(request, FAILURE_FORBIDDEN, &why);
		return NULL;
	}
	return service_issuer(request->service, buf_span(&domain));
}

static void answer(struct request *request)
{
	const struct issuer *issuer = find(request, request->signer);

	if (issuer)
		reply_send_text(request, "application/json",
		    json_limits_write(
			issuer->policies, issuer->store->put_ttl));
}

static void end(struct request *request)
{
	authenticate(request, answer);
}

const struct endpoint limits_get = { .method = "GET", .end = end };
