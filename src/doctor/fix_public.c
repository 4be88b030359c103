#include "doctor/fix_private.h"

/*
 * The public access block. It has no place for an ID, so one that stands there
 * is somebody's and stays. And it would take away what a policy or an ACL of
 * the bucket gives to everybody, so it is set only where neither does.
 */

/* Ceph refuses every upload with BlockPublicAcls, and with IgnorePublicAcls it
 * is not needed. */
#define BLOCK                                                                  \
	"<PublicAccessBlockConfiguration xmlns=\"" RULES_NAMESPACE "\">"       \
	"<BlockPublicAcls>false</BlockPublicAcls>"                             \
	"<IgnorePublicAcls>true</IgnorePublicAcls>"                            \
	"<BlockPublicPolicy>true</BlockPublicPolicy>"                          \
	"<RestrictPublicBuckets>true</RestrictPublicBuckets>"                  \
	"</PublicAccessBlockConfiguration>"
/* Ceph's name of it. */
#define CEPH "BlockPublicAccessBlockConfiguration"

static bool is_public(const struct s3_config *s3)
{
	return s3->get == S3_GET_PUBLIC || s3->set_public;
}

/* Whether a storage in this bucket lets everybody read. */
static bool lets_read(const struct doctor *doctor)
{
	const struct conf *conf = doctor->conf;

	for (size_t i = 0; i < conf->storage_count; i++) {
		const struct s3_config *s3 = conf->storages[i].s3;

		if (s3 && is_public(s3) &&
		    bucket_is_shared(s3, doctor->storage->s3))
			return true;
	}
	return false;
}

static bool public_needed(struct fix *fix)
{
	if (!lets_read(fix->doctor))
		return true;
	seen(fix->doctor,
	    "nothing to set: files are shared as URLs of the bucket, which "
	    "everybody may read");
	return false;
}

/* --- what stands there ----------------------------------------------------*/

static bool says(
    const struct fix_step *step, const char *name, const char *value)
{
	char memory[16];
	struct buf text = buf_of(memory, sizeof memory);

	return xml_text(buf_span(&step->now), name, &text) &&
	       span_equal_nocase(buf_span(&text), span_of(value));
}

/* Whether the three that are wanted are set to this. */
static bool all_say(const struct fix_step *step, const char *value)
{
	return says(step, "IgnorePublicAcls", value) &&
	       says(step, "BlockPublicPolicy", value) &&
	       says(step, "RestrictPublicBuckets", value);
}

static bool is_of_ceph(const struct fix_step *step)
{
	return strstr(step->now.at, "<" CEPH) != NULL;
}

/* Ceph gives one where there is none. */
static bool is_none(const struct fix_step *step)
{
	return !step->stands || (is_of_ceph(step) && all_say(step, "false") &&
				    says(step, "BlockPublicAcls", "false"));
}

/* Whether strangers get in now; VERDICT_OK: none do. */
static enum verdict open_now(struct fix *fix)
{
	struct doctor *doctor = fix->doctor;
	char memory[16];
	struct buf text = buf_of(memory, sizeof memory);

	fix_ask(fix, "policyStatus");
	if (doctor->reply.status == 403 || ask_unsure(doctor))
		return fix_refused(fix, "reading", "the bucket policy's status",
		    "s3:GetBucketPolicyStatus");
	if (!(doctor->reply.status == 404 &&
		strstr(doctor->reply.body, "<Code>NoSuchBucketPolicy<")) &&
	    (!xml_text(ask_body(doctor), "IsPublic", &text) ||
		!span_equal_nocase(buf_span(&text), span_of("false"))))
		return seen_warning(doctor, "the bucket's policy");
	fix_ask(fix, "acl");
	if (doctor->reply.status == 403 || ask_unsure(doctor))
		return fix_refused(
		    fix, "reading", "the bucket's ACL", "s3:GetBucketAcl");
	if (doctor->reply.status != 200 ||
	    strstr(doctor->reply.body, "/groups/global/"))
		return seen_warning(doctor, "the bucket's ACL");
	return VERDICT_OK;
}

static enum verdict public_lacks(struct fix *fix)
{
	return seen_ok(fix->doctor,
	    "nothing to set: this store has no public access block");
}

static enum verdict public_judge(struct fix *fix, struct fix_step *step)
{
	struct doctor *doctor = fix->doctor;
	enum verdict verdict;

	/* Swift gives a listing. */
	if (step->stands && !is_of_ceph(step) &&
	    !strstr(step->now.at, "<PublicAccessBlockConfiguration"))
		return public_lacks(fix);
	if (is_of_ceph(step) && says(step, "BlockPublicAcls", "true")) {
		change(doctor, "Set BlockPublicAcls to false; with "
			       "IgnorePublicAcls it is not needed.\n");
		return seen_failure(doctor,
		    "the bucket's public access block has BlockPublicAcls, "
		    "with which Ceph refuses every upload");
	}
	if (all_say(step, "true"))
		return seen_ok(doctor, "public access is blocked already");
	if (!is_none(step))
		return seen_ok(doctor,
		    "the bucket has a public access block of others, which "
		    "stays as it is");
	verdict = open_now(fix);
	if (verdict == VERDICT_FAILURE)
		return verdict;
	if (verdict == VERDICT_WARNING) {
		seen(doctor,
		    " may let everybody in, which slotd does not need; what "
		    "others allow stays as it is");
		change(doctor, "If nobody needs it, remove it, and run slotd "
			       "doctor --fix again.\n");
		advice_no_strangers(doctor);
		return VERDICT_OK;
	}
	buf_reset(&step->next);
	buf_text(&step->next, BLOCK);
	change(doctor, "Files that were stored with a public ACL of their own "
		       "can then be read by slotd's links alone.\n");
	return seen_warning(doctor,
	    "to be set: nothing in the bucket can be made public, since "
	    "slotd's links need no public file");
}

const struct fix_kind fix_public = {
	.name = "fix-public",
	.query = "publicAccessBlock",
	.what = "the public access settings",
	.none = "NoSuchPublicAccessBlockConfiguration",
	.reads = "s3:GetBucketPublicAccessBlock",
	.writes = "s3:PutBucketPublicAccessBlock",
	.needed = public_needed,
	.judge = public_judge,
	.lacks = public_lacks,
};
