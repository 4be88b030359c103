#include "endpoint/authenticate.h"
#include "endpoint/issue.h"
#include "endpoint/json.h"
#include "http/reply.h"
#include "endpoint/routes.h"
#include "slot/media_type.h"

/* POST /slot. The spans of the request point into the parsed body. */
struct post {
	struct issue issue;
	struct json_slot body;
};

static bool is_json(const struct request *request)
{
	struct span type = request->content_type;

	return type.at && span_equal_nocase(media_type_essence(type),
			      span_of("application/json"));
}

static void done(struct issue *issue)
{
	json_slot_done(&((struct post *)issue)->body);
}

static void end(struct request *request)
{
	const struct caller *caller = authenticate_alone(request);
	struct refusal why = { 0 };
	struct post *post;
	enum failure failure;

	if (!caller)
		return;
	if (!is_json(request)) {
		reply_failure(request, FAILURE_UNSUPPORTED_MEDIA_TYPE, &why);
		return;
	}
	post = issue_new(request, sizeof *post, done);
	if (!post)
		return;
	failure = json_slot_read(
	    &post->body, (struct span){ request->body, request->body_len });
	if (failure != FAILURE_NONE) {
		if (failure == FAILURE_BAD_REQUEST)
			why.detail = post->body.wrong;
		reply_failure(request, failure, &why);
		return;
	}
	post->issue.jid_text = post->body.jid;
	post->issue.issuance.request = (struct slot_request){
		.caller = caller,
		.filename = post->body.filename,
		.type = post->body.type,
		.size = post->body.size,
		.purpose = post->body.purpose,
		.expire_before = post->body.expire_before,
		.nonce = request->nonce.caller.len ? &request->nonce : NULL,
	};
	issue_slot(request, "application/json", json_slot_write);
}

const struct endpoint slot_post = { .method = "POST", .end = end };
