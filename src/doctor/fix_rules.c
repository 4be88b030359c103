#include "doctor/fix_private.h"

/* The CORS rule and the lifecycle rules. */

/* What both have in common. */
static enum verdict judge(
    struct fix *fix, struct fix_step *step, struct buf *stale)
{
	struct doctor *doctor = fix->doctor;
	const struct rules *rules = &fix->wanted.rules;

	buf_reset(&step->next);
	switch (rules_merge(rules, buf_span(&step->now), &step->next, stale)) {
	case RULES_SAME:
		return VERDICT_OK;
	case RULES_CHANGED:
		return VERDICT_WARNING;
	case RULES_UNREADABLE:
		return seen_failure(doctor,
		    "the store's answer is not a whole %s, so nothing is set",
		    rules->root);
	default:
		return seen_failure(doctor,
		    "%s have something that slotd does not know or that is "
		    "too long for it, so nothing is set",
		    step->kind->what);
	}
}

/* --- CORS -----------------------------------------------------------------*/

static bool cors_needed(struct fix *fix)
{
	if (!fix->doctor->web_fails)
		seen(fix->doctor,
		    "nothing to set: cors-put and cors-get ask for nothing");
	return fix->doctor->web_fails;
}

static enum verdict cors_judge(struct fix *fix, struct fix_step *step)
{
	char memory[64];
	struct buf stale = buf_of(memory, sizeof memory);
	enum verdict verdict;

	wanted_cors(&fix->wanted);
	verdict = judge(fix, step, &stale);
	if (verdict == VERDICT_WARNING)
		seen(fix->doctor,
		    "to be set: the rule slotd-web, with which web pages may "
		    "upload and download");
	return verdict;
}

static enum verdict cors_settled(struct fix *fix, enum verdict judged)
{
	struct doctor *doctor = fix->doctor;
	const struct bucket bucket = bucket_of(doctor->storage->s3);

	if (judged != VERDICT_OK) {
		advice_cors(doctor);
		return judged;
	}
	change(doctor,
	    "Another rule may answer before it (Ceph takes the first one that "
	    "has the origin), or a proxy in front of the store removes the "
	    "headers. See the rules:\n   aws s3api get-bucket-cors --bucket "
	    "%.*s",
	    ARG(bucket.name));
	advice_endpoint(doctor, &bucket);
	change(doctor, "\n");
	return seen_failure(doctor,
	    "the rule slotd-web is there already, and web pages still fail");
}

static enum verdict cors_lacks(struct fix *fix)
{
	seen_reply(fix->doctor, "this store has no CORS rules of a bucket: ");
	advice_cors(fix->doctor);
	return VERDICT_FAILURE;
}

const struct fix_kind fix_cors = {
	.name = "fix-cors",
	.query = "cors",
	.what = "the CORS rules",
	.none = "NoSuchCORSConfiguration",
	.reads = "s3:GetBucketCORS",
	.writes = "s3:PutBucketCORS",
	.needed = cors_needed,
	.judge = cors_judge,
	.settled = cors_settled,
	.lacks = cors_lacks,
};

/* --- lifecycle ------------------------------------------------------------*/

static enum verdict lifecycle_lacks(struct fix *fix)
{
	return seen_ok(fix->doctor,
	    "nothing to set: this store has no lifecycle rules, so slotd "
	    "sweep removes what has ended");
}

static bool sets_some(const struct wanted *wanted)
{
	for (size_t i = 0; i < wanted->rules.count; i++)
		if (!wanted->rules.list[i].others)
			return true;
	return false;
}

static bool lifecycle_needed(struct fix *fix)
{
	struct doctor *doctor = fix->doctor;

	wanted_lifecycle(&fix->wanted, doctor->conf, doctor->storage);
	/* Swift says that there are none, and takes none. */
	if (sets_some(&fix->wanted) && !doctor->swift)
		return true;
	if (doctor->swift) {
		lifecycle_lacks(fix);
		return false;
	}
	seen(doctor, "nothing to set: %s",
	    check_keep_applies(doctor)
		? "keys do not begin with {purpose}, so slotd sweep alone "
		  "removes what has ended"
		: "files are kept for ever");
	return false;
}

static void add_ends(struct doctor *doctor, const struct wanted *wanted)
{
	struct buf *seen = &doctor->finding.seen;
	bool more = false;

	for (size_t i = 0; i < wanted->rules.count; i++) {
		const struct wanted_end *end = &wanted->ends[i];
		const size_t start = seen->len;

		if (end->others)
			continue;
		say(seen, "%s%.*s* after %u day%s", more ? ", " : "",
		    (int)end->len, end->prefix, (unsigned)end->days,
		    end->days == 1 ? "" : "s");
		say_printable(seen, start, "");
		more = true;
	}
}

static void advise_stale(struct doctor *doctor, struct buf *stale)
{
	if (!stale->len)
		return;
	say_printable(stale, 0, "");
	change(doctor,
	    "The bucket has rules of slotd that this configuration does not "
	    "need: %s. Remove them by hand, unless another slotd uses this "
	    "bucket.\n",
	    stale->at);
}

static enum verdict lifecycle_judge(struct fix *fix, struct fix_step *step)
{
	struct doctor *doctor = fix->doctor;
	char memory[1024];
	struct buf stale = buf_of(memory, sizeof memory);
	enum verdict verdict;

	wanted_lifecycle(&fix->wanted, doctor->conf, doctor->storage);
	if (fix->wanted.wrong)
		return seen_failure(doctor, "%s", fix->wanted.wrong);
	verdict = judge(fix, step, &stale);
	if (verdict == VERDICT_OK)
		seen(doctor, "the store removes what has ended: ");
	if (verdict == VERDICT_WARNING) {
		seen(doctor, "to be set: the store removes ");
		change(doctor, "Days count from when a file was stored. Files "
			       "of slots that were issued with a longer keep "
			       "go before their end.\n");
	}
	if (verdict != VERDICT_FAILURE)
		add_ends(doctor, &fix->wanted);
	advise_stale(doctor, &stale);
	return verdict;
}

static enum verdict lifecycle_settled(struct fix *fix, enum verdict judged)
{
	if (judged == VERDICT_FAILURE)
		change(fix->doctor,
		    "slotd sweep removes what has ended without such rules. To "
		    "write them by hand, see deploy/storage/README.md.\n");
	return judged;
}

const struct fix_kind fix_lifecycle = {
	.name = "fix-lifecycle",
	.query = "lifecycle",
	.what = "the lifecycle rules",
	.none = "NoSuchLifecycleConfiguration",
	.reads = "s3:GetLifecycleConfiguration",
	.writes = "s3:PutLifecycleConfiguration",
	.needed = lifecycle_needed,
	.judge = lifecycle_judge,
	.settled = lifecycle_settled,
	.lacks = lifecycle_lacks,
};
