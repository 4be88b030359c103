#include "core/uri.h"
#include "endpoint/authenticate.h"
#include "endpoint/issue.h"
#include "http/reply.h"
#include "endpoint/routes.h"

#include <stdlib.h>

/*
 * GET /slot?jid=&name=&size=&content_type=, which ejabberd's mod_http_upload
 * sends to its service_url. The answer has two lines: PUT URL and GET URL. Of a
 * refusal ejabberd reads only the status.
 */
struct query {
	struct issue issue;
	size_t used;
	char memory[]; /* decoded parameters */
};

/* Reads a parameter and decodes it into the query's memory; at == NULL: it is
 * missing. False after a reply if it appears twice or cannot be decoded; a hint
 * that cannot be decoded counts as missing. */
static bool take(struct request *request, const char *name, bool hint,
    struct span *ret_value)
{
	struct query *query = request->state;
	struct refusal why = { .detail = "query: a parameter appears twice, or "
					 "has malformed %-escapes" };
	struct span raw = { NULL, 0 };
	struct buf text;
	bool once = request_raw_query(request, name, &raw);

	buf_init(&text, query->memory + query->used,
	    request->query.len + 1 - query->used);
	*ret_value = (struct span){ NULL, 0 };
	if (once && !raw.at)
		return true;
	if (once && uri_decode(&text, raw)) {
		*ret_value = buf_span(&text);
		query->used += text.len;
		return true;
	}
	if (!once || !hint)
		reply_failure(request, FAILURE_BAD_REQUEST, &why);
	return once && hint;
}

static bool read_size(struct span text, uint64_t *ret_size)
{
	if (!text.len || !span_only(text, &chars_digit))
		return false;
	/* A number beyond 64 bits is too large, not malformed. */
	if (!span_u64(text, ret_size))
		*ret_size = UINT64_MAX;
	return true;
}

static const char *read_query(struct request *request, struct issue *issue)
{
	struct slot_request *wanted = &issue->issuance.request;
	struct span size;

	if (!take(request, "jid", false, &issue->jid_text) ||
	    !take(request, "name", false, &wanted->filename) ||
	    !take(request, "size", false, &size) ||
	    !take(request, "content_type", true, &wanted->type))
		return NULL;
	if (!issue->jid_text.at)
		return "jid: missing from the query";
	if (!wanted->filename.at)
		return "name: missing from the query";
	if (!size.at)
		return "size: missing from the query";
	if (!read_size(size, &wanted->size))
		return "size: must be a number of bytes";
	return NULL;
}

static char *write_lines(const struct slot *slot)
{
	size_t size = slot->put.len + slot->get.len + 2;
	char *memory = malloc(size);
	struct buf text;

	if (!memory)
		return NULL;
	buf_init(&text, memory, size);
	buf_add(&text, buf_span(&slot->put));
	buf_char(&text, '\n');
	buf_add(&text, buf_span(&slot->get));
	return memory;
}

static void end(struct request *request)
{
	const struct caller *caller = authenticate_basic(request);
	struct refusal why = { 0 };
	struct query *query;

	if (!caller)
		return;
	query =
	    issue_new(request, sizeof *query + request->query.len + 1, NULL);
	if (!query)
		return;
	query->used = 0;
	query->issue.issuance.request.caller = caller;
	why.detail = read_query(request, &query->issue);
	if (why.detail)
		reply_failure(request, FAILURE_BAD_REQUEST, &why);
	else if (request->step != REQUEST_ANSWERED)
		issue_slot(request, "text/plain", write_lines);
}

const struct endpoint slot_get = { .method = "GET", .basic = true, .end = end };
