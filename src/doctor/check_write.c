#include "doctor/private.h"

#include <stdio.h>
#include <string.h>

bool check_lacks_creds(const struct doctor *doctor)
{
	return doctor->no_creds != NULL;
}

enum verdict check_credentials(struct doctor *doctor)
{
	change(doctor, "slotd issues no slots for this store until it has "
		       "credentials: see `credentials` in slotd.conf(5).\n");
	return seen_failure(doctor, "there are none: %s", doctor->no_creds);
}

enum verdict check_put(struct doctor *doctor)
{
	if (!ask_put(doctor, span_of(PROBE_BODY), 0)) {
		doctor->unsure = true;
		seen_reply(doctor, "a slot's PUT: ");
		change(doctor,
		    "The store answers, but not to an upload. See its "
		    "log, and the logs of proxies in between.\n");
		return VERDICT_FAILURE;
	}
	doctor->put_status = doctor->reply.status;
	if (ask_well(doctor)) {
		doctor->stored = true;
		snprintf(doctor->put_origin, sizeof doctor->put_origin, "%s",
		    doctor->reply.allow_origin);
		return seen_ok(doctor, "a slot's PUT is accepted: %u",
		    doctor->reply.status);
	}
	doctor->unsure = ask_unsure(doctor);
	seen_reply(doctor,
	    "a slot's PUT %s: ", doctor->unsure ? "fails" : "is refused");
	advice_refused(doctor);
	return VERDICT_FAILURE;
}

enum verdict check_size(struct doctor *doctor)
{
	enum verdict verdict = VERDICT_FAILURE;

	/* The store may close the connection early. */
	ask_put(doctor, span_of(PROBE_BODY PROBE_BODY), 0);
	if (ask_unsure(doctor)) {
		verdict = ask_undecided(doctor, "a PUT of another length");
	} else if (!ask_well(doctor)) {
		seen_reply(doctor, "a PUT of another length is refused: ");
		return VERDICT_OK;
	} else {
		seen(doctor,
		    "the store took %u bytes for a slot of " PROBE_LENGTH
		    ": it does not enforce the size",
		    (unsigned)strlen(PROBE_BODY PROBE_BODY));
		change(doctor,
		    "Clients can store files of any size: policy.max_size does "
		    "not limit them with this store. The store must\ncheck the "
		    "signed Content-Length, as AWS, Ceph RGW and MinIO do. "
		    "Update it or use another one, and set a\nquota on the "
		    "bucket until then.\n");
	}
	/* Restores the object, which may have been replaced. */
	ask_put(doctor, span_of(PROBE_BODY), 0);
	return verdict;
}

enum verdict check_signature(struct doctor *doctor)
{
	ask_put(doctor, span_of(PROBE_BODY), PUT_FORGED);
	if (ask_unsure(doctor))
		return ask_undecided(doctor, "a forged signature");
	if (!ask_well(doctor)) {
		seen_reply(doctor, "a forged signature is refused: ");
		return VERDICT_OK;
	}
	change(doctor,
	    "Anybody can write there. Is bucket_url the store itself, or a "
	    "proxy or test server that\nchecks no signatures? May everybody "
	    "write (bucket policy, ACL public-read-write)?\n");
	advice_no_strangers(doctor);
	return seen_failure(doctor,
	    "the store took a PUT with a forged signature: %u",
	    doctor->reply.status);
}

/* A key that may only write cannot be used to read files. */
enum verdict check_key(struct doctor *doctor)
{
	const struct bucket bucket = bucket_of(doctor->storage->s3);

	ask_signed(doctor, "GET", &bucket.base, "", NULL, false);
	if (ask_unsure(doctor))
		return ask_undecided(doctor, "a listing with slotd's key");
	if (!ask_well(doctor))
		return seen_ok(doctor,
		    "slotd's key may not list the bucket, as it should be");
	advice_key(doctor);
	/* Where reading includes listing, slotd's key stays good for both. */
	if (check_janitor_applies(doctor) && !doctor->storage->janitor &&
	    !(doctor->swift && doctor->storage->s3->get != S3_GET_PUBLIC))
		change(doctor, "Then slotd sweep needs a key of its own, in "
			       "storage.janitor.\n");
	return seen_warning(doctor,
	    "slotd's key may list the bucket, which slotd does not need");
}

static void try_remove(struct doctor *doctor, const char *path)
{
	ask_signed(
	    doctor, "DELETE", &doctor->storage->s3->bucket, path, NULL, true);
}

/* Whether an object is gone whose removal was not answered, a second request
 * tells; but nobody waits twice. */
static bool remove_one(struct doctor *doctor, const char *path)
{
	try_remove(doctor, path);
	if (ask_unsure(doctor) && doctor->reply.result != FETCH_TIMEOUT)
		try_remove(doctor, path);
	return ask_well(doctor) || doctor->reply.status == 404;
}

/* Removes both objects, even if one fails; then doctor->reply is its reply. */
static bool remove_all(struct doctor *doctor)
{
	struct fetch_reply failed;

	if (!doctor->stranger_touched || remove_one(doctor, PROBE_STRANGER))
		return remove_one(doctor, PROBE);
	failed = doctor->reply;
	remove_one(doctor, PROBE);
	doctor->reply = failed;
	return false;
}

/* The stranger's object may be left of a doctor that was killed. */
static void remove_left(struct doctor *doctor)
{
	if (!doctor->stranger_touched && !fetch_stopped(doctor->stop))
		try_remove(doctor, PROBE_STRANGER);
}

enum verdict check_tidy(struct doctor *doctor)
{
	const struct bucket bucket = bucket_of(doctor->storage->s3);
	bool gone, may_not;

	if (!doctor->touched && !doctor->stranger_touched)
		return VERDICT_SKIPPED;
	gone = remove_all(doctor);
	if (!doctor->stored && !doctor->stranger_touched && !doctor->unsure)
		return seen_ok(doctor, "nothing is left in the bucket");
	if (gone) {
		remove_left(doctor);
		return seen_ok(doctor, "the test objects were removed again");
	}
	seen_reply(doctor, "%.*s%s" PROBE_FOLDER "/%s %s: ", ARG(bucket.prefix),
	    bucket.prefix.len ? "/" : "",
	    doctor->stranger_touched ? "" : "probe.txt",
	    doctor->stored ? "stays" : "may stay");
	may_not = !ask_unsure(doctor);
	change(doctor,
	    "%sTo remove it, use a key that may delete:\n   aws s3 rm "
	    "--recursive s3://%.*s/%.*s%s" PROBE_FOLDER "/",
	    may_not ? "This key may not delete, as it should be. " : "",
	    ARG(bucket.name), ARG(bucket.prefix), bucket.prefix.len ? "/" : "");
	advice_endpoint(doctor, &bucket);
	return may_not ? VERDICT_OK : VERDICT_WARNING;
}
