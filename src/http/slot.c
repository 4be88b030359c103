#include "http/authenticate.h"
#include "http/issue.h"
#include "http/json.h"
#include "http/reply.h"
#include "http/routes.h"
#include "slot/media_type.h"

/* POST /slot; its spans live in the body's document. */
struct post {
	struct issue issue;
	struct json_slot body;
};

static bool is_json(const struct request *request)
{
	struct span type = request_header(request, "Content-Type");

	return type.at && span_equal_nocase(media_type_essence(type),
			      span_of("application/json"));
}

static void done(struct issue *issue)
{
	json_slot_done(&((struct post *)issue)->body);
}

/* Authenticates and reads; replies and gives false when that fails. */
static bool begin(struct request *request)
{
	const struct caller *caller = authenticate_alone(request);
	struct refusal why = { 0 };
	struct post *post;
	enum failure failure;

	if (!caller)
		return false;
	if (!is_json(request)) {
		reply_failure(request, FAILURE_UNSUPPORTED_MEDIA_TYPE, &why);
		return false;
	}
	post = issue_new(request, sizeof *post, done);
	if (!post)
		return false;
	failure = json_slot_read(
	    &post->body, (struct span){ request->body, request->body_len });
	if (failure != FAILURE_NONE) {
		if (failure == FAILURE_BAD_REQUEST)
			why.detail = post->body.wrong;
		reply_failure(request, failure, &why);
		return false;
	}
	post->issue.wish = (struct slot_request){
		.caller = caller,
		.jid = post->body.jid,
		.filename = post->body.filename,
		.type = post->body.type,
		.size = post->body.size,
		.nonce = request->nonce.caller.len ? &request->nonce : NULL,
	};
	return true;
}

static void end(struct request *request)
{
	issue_serve(request, begin, "application/json", json_slot_write);
}

const struct endpoint slot_post = { .method = "POST", .end = end };
