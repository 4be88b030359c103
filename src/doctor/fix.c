#include "doctor/fix.h"

#include "core/base64.h"
#include "doctor/fix_private.h"

#include <stdio.h>

/*
 * A step is read, judged and shown. When a person has agreed, it is read once
 * more, because a PUT replaces all that stands there; then it is set, and read
 * and judged again.
 */

static const struct fix_kind *const kinds[FIX_STEPS] = { &fix_cors,
	&fix_lifecycle, &fix_public };

bool fix_possible(const struct doctor *doctor)
{
	return doctor->reached && !doctor->no_bucket && !doctor->no_creds;
}

bool fix_due(const struct fix *fix)
{
	for (size_t i = 0; i < FIX_STEPS; i++)
		if (fix->steps[i].due)
			return true;
	return false;
}

/* --- requests -------------------------------------------------------------*/

bool fix_ask(struct fix *fix, const char *query)
{
	struct doctor *doctor = fix->doctor;
	const struct bucket bucket = bucket_of(doctor->storage->s3);
	const struct sigv4_pair pair = { span_of(query), SPAN_EMPTY };
	const struct sigv4_request signing = {
		.method = span_of("GET"),
		.query = &pair,
		.query_count = 1,
	};

	ask_url_signed(doctor, &bucket.base, "", signing);
	return ask(
	    doctor, (struct fetch_request){ .method = "GET", .whole = true });
}

/* AWS and Ceph refuse some of these without Content-MD5. */
static bool put(struct fix *fix, const struct fix_step *step)
{
	struct doctor *doctor = fix->doctor;
	const struct bucket bucket = bucket_of(doctor->storage->s3);
	const char *const transition =
	    "x-amz-transition-default-minimum-object-size";
	const struct sigv4_pair pair = { span_of(step->kind->query),
		SPAN_EMPTY };
	char sum_line[64], transition_line[128];
	struct buf sum = buf_of(sum_line, sizeof sum_line);
	uint8_t digest[HASH_MD5_SIZE];
	const size_t name = sizeof "Content-MD5: " - 1;

	hash_md5(buf_span(&step->next), digest);
	buf_text(&sum, "Content-MD5: ");
	base64_encode(&sum, digest, sizeof digest);
	snprintf(transition_line, sizeof transition_line, "%s: %s", transition,
	    step->transition);
	const struct sigv4_pair headers[] = {
		{ span_of("content-md5"), span_from(buf_span(&sum), name) },
		{ span_of(transition), span_of(step->transition) },
	};
	ask_url_signed(doctor, &bucket.base, "",
	    (struct sigv4_request){
		.method = span_of("PUT"),
		.headers = headers,
		.header_count = *step->transition ? 2 : 1,
		.query = &pair,
		.query_count = 1,
	    });
	return ask(
	    doctor, (struct fetch_request){
			.method = "PUT",
			.headers = { "Content-Type: application/xml", sum_line,
			    *step->transition ? transition_line : NULL },
			.body = buf_span(&step->next),
		    });
}

/* --- what the store says --------------------------------------------------*/

enum verdict fix_refused(
    struct fix *fix, const char *doing, const char *what, const char *right)
{
	struct doctor *doctor = fix->doctor;
	char memory[64];
	struct buf code = buf_of(memory, sizeof memory);

	seen_reply(doctor, "%s %s: ", doing, what);
	code_element(ask_body(doctor), "Code", &code);
	if (strcmp(code.at, "InvalidAccessKeyId") == 0)
		change(doctor, "AWS_ACCESS_KEY_ID in the environment is "
			       "mistyped, or belongs to another store.\n");
	else if (strcmp(code.at, "SignatureDoesNotMatch") == 0)
		change(doctor, "AWS_SECRET_ACCESS_KEY in the environment is "
			       "not the secret of AWS_ACCESS_KEY_ID.\n");
	else if (strcmp(code.at, "ExpiredToken") == 0 ||
		 strcmp(code.at, "InvalidToken") == 0)
		change(doctor, "AWS_SESSION_TOKEN in the environment has "
			       "expired, or belongs to another key.\n");
	else if (doctor->reply.status == 403)
		change(doctor,
		    "The key in AWS_ACCESS_KEY_ID needs the right %s for this "
		    "bucket.\n",
		    right);
	else if (doctor->reply.result == FETCH_TOO_LARGE)
		change(doctor, "A document that cannot be read whole is not "
			       "changed.\n");
	else if (ask_unsure(doctor))
		change(doctor, "Run slotd doctor --fix again.\n");
	return VERDICT_FAILURE;
}

enum stands { STANDS, STANDS_NOT, STANDS_UNKNOWN, STANDS_REFUSED };

/* A store that knows no such document may answer with anything, such as a
 * listing: only what is certain counts. */
static enum stands read_step(struct fix *fix, struct fix_step *step)
{
	struct doctor *doctor = fix->doctor;
	const struct fetch_reply *reply = &doctor->reply;
	char memory[64];
	struct buf code = buf_of(memory, sizeof memory);

	buf_init(&step->now, step->now_memory, sizeof step->now_memory);
	step->stands = false;
	fix_ask(fix, step->kind->query);
	code_element(ask_body(doctor), "Code", &code);
	if (reply->status == 404 && strcmp(code.at, step->kind->none) == 0)
		return STANDS_NOT;
	if (ask_unsure(doctor) || reply->status == 403 ||
	    strstr(code.at, "Token")) {
		fix_refused(
		    fix, "reading", step->kind->what, step->kind->reads);
		return STANDS_REFUSED;
	}
	if (reply->status != 200)
		return STANDS_UNKNOWN;
	step->stands = true;
	buf_add(&step->now, ask_body(doctor));
	snprintf(
	    step->transition, sizeof step->transition, "%s", reply->transition);
	return STANDS;
}

/* --- the plan -------------------------------------------------------------*/

static enum verdict plan(struct fix *fix, struct fix_step *step)
{
	const struct fix_kind *kind = step->kind;
	enum verdict verdict;

	if (!kind->needed(fix))
		return VERDICT_OK;
	switch (read_step(fix, step)) {
	case STANDS_REFUSED:
		return VERDICT_FAILURE;
	case STANDS_UNKNOWN:
		return kind->lacks(fix);
	default:
		verdict = kind->judge(fix, step);
	}
	step->due = verdict == VERDICT_WARNING;
	return step->due || !kind->settled ? verdict
					   : kind->settled(fix, verdict);
}

void fix_plan(struct fix *fix, struct doctor *doctor,
    const struct creds_value *admin, struct doctor_view *view,
    unsigned ret_counts[VERDICT_COUNT])
{
	fix->doctor = doctor;
	fix->admin = admin;
	memset(ret_counts, 0, VERDICT_COUNT * sizeof *ret_counts);
	doctor->signer = admin;
	doctor->told_cors = doctor->told_strangers = false;
	for (size_t i = 0; i < FIX_STEPS; i++) {
		struct fix_step *step = &fix->steps[i];

		step->kind = kinds[i];
		step->due = step->stands = false;
		step->transition[0] = '\0';
		buf_init(
		    &step->next, step->next_memory, sizeof step->next_memory);
		doctor_begin(&doctor->finding, view, step->kind->name);
		doctor_end(&doctor->finding, view, plan(fix, step), ret_counts);
	}
	doctor->signer = NULL;
}

/* --- and its end ----------------------------------------------------------*/

/* Whether the store still has what the step was planned by; else says so. */
static bool stands_still(struct fix *fix, struct fix_step *step)
{
	static char memory[FETCH_BODY + 1];
	struct buf before = buf_of(memory, sizeof memory);
	const bool stood = step->stands;
	enum stands stands;

	buf_add(&before, buf_span(&step->now));
	stands = read_step(fix, step);
	if (stands == STANDS_REFUSED)
		return false;
	if (stands != STANDS_UNKNOWN && stood == step->stands &&
	    span_equal(buf_span(&before), buf_span(&step->now)))
		return true;
	seen(fix->doctor, "not set: %s have changed since they were shown",
	    step->kind->what);
	change(fix->doctor, "Run slotd doctor --fix again.\n");
	return false;
}

static enum verdict put_refused(struct fix *fix, const struct fix_step *step)
{
	const enum verdict verdict =
	    fix_refused(fix, "setting", step->kind->what, step->kind->writes);

	/* What else it may be is for a person to find out. */
	if (!fix->doctor->finding.change.len && step->kind->settled)
		step->kind->settled(fix, verdict);
	return verdict;
}

static enum verdict set(struct fix *fix, struct fix_step *step)
{
	struct doctor *doctor = fix->doctor;
	enum stands stands;

	if (!stands_still(fix, step))
		return VERDICT_FAILURE;
	put(fix, step);
	/* Some stores say only now that they have no such thing. */
	if (doctor->reply.status == 501)
		return step->kind->lacks(fix);
	if (!ask_well(doctor))
		return put_refused(fix, step);
	buf_reset(&step->next);
	stands = read_step(fix, step);
	if (stands == STANDS_REFUSED)
		return VERDICT_FAILURE;
	if (stands == STANDS && step->kind->judge(fix, step) == VERDICT_OK) {
		buf_reset(&doctor->finding.seen);
		buf_reset(&doctor->finding.change);
		return seen_ok(doctor, "set, and read back");
	}
	buf_reset(&doctor->finding.seen);
	buf_reset(&doctor->finding.change);
	change(doctor, "Some stores take a minute. Run slotd doctor --fix "
		       "again: it sets only what is not there.\n");
	return seen_failure(doctor,
	    "the store took %s, but does not have them yet", step->kind->what);
}

void fix_apply(struct fix *fix, struct doctor_view *view,
    unsigned ret_counts[VERDICT_COUNT])
{
	struct doctor *doctor = fix->doctor;

	memset(ret_counts, 0, VERDICT_COUNT * sizeof *ret_counts);
	doctor->signer = fix->admin;
	for (size_t i = 0; i < FIX_STEPS; i++) {
		struct fix_step *step = &fix->steps[i];

		if (!step->due)
			continue;
		doctor_begin(&doctor->finding, view, step->kind->name);
		doctor_end(&doctor->finding, view, set(fix, step), ret_counts);
	}
	doctor->signer = NULL;
}
