#include "endpoint/json.h"
#include "fuzz/fuzz.h"
#include "fuzz/granted.h"
#include "fuzz/house.h"
#include "fuzz/targets.h"
#include "service/counter.h"
#include "service/issuance.h"

#include <string.h>

/*
 * POST /slot from its body on: parse, issue, write, as the endpoint does. What
 * is granted is taken apart (fuzz/granted.h); what another reading of the body
 * finds broken must be refused.
 */

static struct service *service;

static void note(void *argument, enum conf_log_level level, const char *message,
    const char *reason)
{
	(void)argument;
	(void)level;
	(void)message;
	(void)reason;
}

static void open_service(void)
{
	static struct counter counter = { .note = note };
	char wrong[256];

	json_start();
	service = house_service(GRANTED_CONF);
	must(
	    counter_open(&counter, &service->conf->quota, wrong, sizeof wrong));
	service->issuers.quota = counter.quota;
}

/* --- another reading of the body ------------------------------------------*/

static const char *string(const json_t *root, const char *name)
{
	return json_string_value(json_object_get(root, name));
}

static void ask(struct span body, struct asked *ret_asked)
{
	json_error_t error;
	json_t *root =
	    json_loadb(body.at, body.len, JSON_REJECT_DUPLICATES, &error);
	const json_t *size = json_object_get(root, "size");

	*ret_asked = (struct asked){
		.root = root,
		.jid = string(root, "jid"),
		.filename = string(root, "filename"),
		.purpose = string(root, "purpose"),
		.size = json_is_integer(size) ? json_integer_value(size) : -1,
	};
	if (!json_object_get(root, "purpose"))
		ret_asked->purpose = "message";
}

/* Nothing about it is strange, so it must be granted. */
static bool is_plain(const struct asked *asked)
{
	const json_t *type = json_object_get(asked->root, "content_type");

	return asked->size >= 0 && asked->size <= GRANTED_MOST && asked->jid &&
	       asked->filename && asked->purpose &&
	       strcmp(asked->jid, "juliet@example.org/balcony") == 0 &&
	       strcmp(asked->filename, "cat.jpg") == 0 &&
	       strcmp(asked->purpose, "message") == 0 &&
	       (!type || json_is_string(type) || json_is_null(type));
}

/* What must be refused as a document. */
static bool is_broken(const struct asked *asked)
{
	return !json_is_object(asked->root) || !asked->jid ||
	       !asked->filename || asked->size < 0 || !asked->purpose;
}

static void check_refused(const struct asked *asked,
    const struct json_slot *body, enum failure failure,
    const struct issuance *issuance)
{
	char memory[512];
	struct buf detail = buf_of(memory, sizeof memory);
	json_t *utf8;

	must(!is_plain(asked));
	if (failure == FAILURE_NONE) {
		must(failure_entry(issuance->failure)->status < 500);
		failure_write_detail(
		    &detail, issuance->failure, &issuance->why);
		must(buf_ok(&detail));
	} else {
		must(failure == FAILURE_BAD_REQUEST && *body->wrong);
		buf_text(&detail, body->wrong);
	}
	utf8 = json_stringn(detail.at, detail.len);
	must(utf8 && detail.len);
	json_decref(utf8);
}

static enum failure issue(
    const struct json_slot *body, struct issuance *issuance)
{
	issuance_init(issuance);
	issuance->request = (struct slot_request){
		.caller = &service->conf->callers[0],
		.filename = body->filename,
		.type = body->type,
		.size = body->size,
		.purpose = body->purpose,
		.expire_before = body->expire_before,
	};
	issuance_begin(issuance, body->jid);
	must(issuance_waits(service, issuance) == ISSUANCE_AT_ONCE);
	issuance_run(service, issuance);
	return issuance->failure;
}

static void run(struct span input)
{
	static struct json_slot body;
	static struct issuance issuance;
	struct asked asked;
	enum failure failure;
	char *answer;

	ask(input, &asked);
	failure = json_slot_read(&body, input);
	must(failure != FAILURE_NONE || !is_broken(&asked));
	if (failure == FAILURE_NONE &&
	    issue(&body, &issuance) == FAILURE_NONE) {
		answer = json_slot_write(&issuance.slot);
		must(answer);
		granted_check(&asked, answer);
		free(answer);
	} else {
		check_refused(&asked, &body, failure, &issuance);
	}
	json_slot_done(&body);
	json_decref(asked.root);
}

const struct fuzz_target slot_targets[] = {
	{ "slot", 2048, open_service, run },
	{ NULL, 0, NULL, NULL },
};
