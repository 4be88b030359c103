#include "creds/draft.h"
#include "creds/json.h"
#include "endpoint/json.h"
#include "fuzz/fixed.h"
#include "fuzz/fuzz.h"
#include "fuzz/targets.h"

#include <jansson.h>
#include <string.h>

/* What sources of credentials answer: whole credentials, or none of them and a
 * sentence that fits into a log and holds no secret. */

#define SECRET "not-a-real-token-0123456789"
#define TELLING 16 /* bytes of a secret that no sentence may hold */

static bool has(struct span text, struct span part)
{
	return text.len && part.len &&
	       memmem(text.at, text.len, part.at, part.len);
}

static bool is_visible(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] <= ' ' || text.at[i] > '~')
			return false;
	return true;
}

static bool is_empty(const char *memory, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (memory[i])
			return false;
	return true;
}

static void check_whole(const struct creds_draft *draft)
{
	const struct span id = buf_span(&draft->key_id);

	must(buf_ok(&draft->key_id) && id.len && is_visible(id));
	must(!memchr(id.at, '/', id.len));
	must(buf_ok(&draft->secret) && draft->secret.len);
	must(!memchr(draft->secret.at, 0, draft->secret.len));
	must(buf_ok(&draft->token) && is_visible(buf_span(&draft->token)));
	must(!draft->expires || draft->expires > FIXED_NOW);
	must(!draft->why.len);
}

/* secret: what may not stand in the sentence; empty: nothing. */
static void check_none(const struct creds_draft *draft, struct span secret)
{
	const struct span why = buf_span(&draft->why);

	must(is_empty(draft->key_id_memory, sizeof draft->key_id_memory));
	must(is_empty(draft->secret_memory, sizeof draft->secret_memory));
	must(is_empty(draft->token_memory, sizeof draft->token_memory));
	must(why.len && buf_ok(&draft->why));
	for (size_t i = 0; i < why.len; i++)
		must(why.at[i] >= ' ' && why.at[i] <= '~');
	if (secret.len >= TELLING)
		must(!has(why, (struct span){ secret.at, TELLING }));
}

/* --- JSON of the container endpoint and of instance metadata --------------*/

static struct span member(const json_t *root, const char *name)
{
	const json_t *text = json_object_get(root, name);

	return json_is_string(text) ? (struct span){ json_string_value(text),
		json_string_length(text) }
				    : SPAN_EMPTY;
}

static bool equal(struct span a, const struct buf *b)
{
	return a.len == b->len && (!a.len || memcmp(a.at, b->at, a.len) == 0);
}

static void check_json(
    const json_t *root, bool found, const struct creds_draft *draft)
{
	if (!found) {
		check_none(draft, member(root, "SecretAccessKey"));
		check_none(draft, member(root, "Token"));
		return;
	}
	check_whole(draft);
	must(equal(member(root, "AccessKeyId"), &draft->key_id));
	must(equal(member(root, "SecretAccessKey"), &draft->secret));
	must(equal(member(root, "Token"), &draft->token));
	must(!draft->expires == (draft->again == 900));
}

static void run_json(struct span input)
{
	json_error_t error;
	json_t *root =
	    json_loadb(input.at, input.len, JSON_REJECT_DUPLICATES, &error);
	struct creds_draft draft;

	creds_draft_init(&draft);
	check_json(
	    root, creds_json_read(input, "it", FIXED_NOW, &draft), &draft);
	creds_draft_init(&draft);
	must(!creds_json_refused(403, input, "it", span_of(SECRET), &draft));
	check_json(root, false, &draft);
	check_none(&draft, span_of(SECRET));
	creds_draft_done(&draft);
	json_decref(root);
}

/* --- XML of STS -----------------------------------------------------------*/

static void run_sts(struct span input)
{
	struct creds_draft draft;

	creds_draft_init(&draft);
	if (creds_sts_read(input, FIXED_NOW, &draft)) {
		check_whole(&draft);
		must(draft.expires && draft.token.len);
	} else {
		check_none(&draft, SPAN_EMPTY);
	}
	creds_draft_init(&draft);
	must(!creds_sts_refused(400, input, span_of(SECRET), &draft));
	check_none(&draft, span_of(SECRET));
	creds_draft_done(&draft);
}

/* --- the shared credentials file ------------------------------------------*/

/* Each is a text of the file, between two of the file's own marks. */
static void check_part(struct span input, const struct buf *part)
{
	const struct span text = buf_span(part);

	must(!text.len || has(input, text));
	must(!text.len || !memchr(text.at, '\n', text.len));
}

static void run_shared(struct span input)
{
	struct creds_draft draft;

	creds_draft_init(&draft);
	if (creds_shared_parse(input, span_of("default"), &draft)) {
		must(has(input, span_of("default")));
		if (buf_ok(&draft.key_id))
			check_part(input, &draft.key_id);
		if (buf_ok(&draft.secret))
			check_part(input, &draft.secret);
		if (buf_ok(&draft.token))
			check_part(input, &draft.token);
		if (creds_draft_check(&draft, "it", FIXED_NOW))
			check_whole(&draft);
		else
			check_none(&draft, SPAN_EMPTY);
	} else {
		must(!draft.key_id.len && !draft.secret.len);
	}
	creds_draft_done(&draft);
}

const struct fuzz_target creds_targets[] = {
	{ "creds-json", 1024, json_start, run_json },
	{ "creds-sts", 1024, NULL, run_sts },
	{ "creds-shared", 512, NULL, run_shared },
	{ NULL, 0, NULL, NULL },
};
