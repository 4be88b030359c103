#include "core/uri.h"
#include "endpoint/receive.h"
#include "http/reply.h"
#include "endpoint/routes.h"
#include "service/clock.h"
#include "slot/grant.h"

#include <string.h>

/* PUT /u/TOKEN/KEY, of the stores whose PUT URLs lead to slotd. */

#define TOKEN_MAX 512

/* Token and key of the path, decoded. False if the path is malformed. */
static bool read_path(const struct request *request, struct buf *token,
    struct buf *key, const char **ret_wrong)
{
	struct span rest = span_from(request->path, strlen("/u/"));
	struct span first = span_cut(&rest, '/');

	*ret_wrong = NULL;
	if (uri_decode(token, first) && (!rest.at || uri_decode(key, rest)))
		return true;
	if (buf_ok(token) && buf_ok(key))
		*ret_wrong = "target: its percent-encoding is malformed";
	return false;
}

/* The store that made this token for this key. All stores are tried, because
 * they may share one key_file. */
static enum failure find_store(const struct service *service, struct span token,
    struct span key, struct store **ret_store, struct grant *ret_grant)
{
	int64_t now = clock_unix();

	for (size_t i = 0; i < service->store_count; i++) {
		struct store *store = service->stores[i];
		enum failure failure = FAILURE_SLOT_INVALID;

		if (store->class->check_upload)
			failure = store->class->check_upload(
			    store, token, key, now, ret_grant);
		*ret_store = store;
		if (failure != FAILURE_SLOT_INVALID)
			return failure;
	}
	return FAILURE_SLOT_INVALID;
}

static void head(struct request *request)
{
	char token_memory[TOKEN_MAX + 1], key_memory[OBJECT_KEY_MAX + 1];
	struct buf token, key;
	struct refusal why = { 0 };
	struct receive_plan plan = { 0 };
	struct grant grant;
	enum failure failure;

	buf_init(&token, token_memory, sizeof token_memory);
	buf_init(&key, key_memory, sizeof key_memory);
	if (!read_path(request, &token, &key, &why.detail))
		failure =
		    why.detail ? FAILURE_BAD_REQUEST : FAILURE_SLOT_INVALID;
	else
		failure = find_store(request->service, buf_span(&token),
		    buf_span(&key), &plan.store, &grant);
	if (failure != FAILURE_NONE) {
		reply_failure(request, failure, &why);
		return;
	}
	access_slot(request, service_template(request->service, plan.store),
	    buf_span(&key));
	plan.key = buf_span(&key);
	plan.size = grant.size;
	plan.type = (struct span){ grant.type, grant.type_len };
	receive_begin(request, &plan);
}

const struct endpoint upload_put = {
	.method = "PUT", .head = head, .body = receive_body, .end = receive_end
};
