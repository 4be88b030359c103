#include "doctor/private.h"

#include <string.h>

/* What a store's code means for who set slotd up. */
static const struct {
	const char *code;
	const char *sentence;
} meanings[] = {
	{ "SignatureDoesNotMatch",
	    "The key id is known, so access_key_secret is most likely wrong "
	    "(or cut, or of another key).\nElse a proxy before the store "
	    "changes Host or the path: bucket_url must name the host that "
	    "the store itself sees.\nslotd explain tells more of the store's "
	    "answer.\n" },
	{ "InvalidAccessKeyId",
	    "The store does not know access_key_id: a typing error, a "
	    "deleted key, or another store's.\n" },
	{ "AuthorizationHeaderMalformed",
	    "Most likely region is wrong; the store's sentence names the one "
	    "it expects.\n" },
	{ "AuthorizationQueryParametersError",
	    "Most likely region is wrong; the store's sentence names the one "
	    "it expects.\n" },
	{ "RequestTimeTooSkewed",
	    "The clocks of this machine and of the store differ: run NTP "
	    "(timedatectl set-ntp true).\n" },
	{ "InvalidToken", "session_token is wrong or of another key.\n" },
	{ "ExpiredToken",
	    "session_token has expired: temporary credentials have to be "
	    "renewed.\n" },
	{ "AccessControlListNotSupported",
	    "This bucket has ACLs disabled: set_public = false, and get = "
	    "\"redirect\" or a bucket policy instead.\n" },
	{ "PermanentRedirect",
	    "The bucket is in another region: bucket_url must name that "
	    "region's endpoint.\n" },
	{ "TemporaryRedirect",
	    "The bucket is in another region, or new: use its own region's "
	    "endpoint in bucket_url.\n" },
	{ "QuotaExceeded", "The store's quota for this user or bucket is "
			   "used up.\n" },
	{ "SlowDown", "The store is overloaded; try again.\n" },
	{ "MalformedXML", "bucket_url names no bucket.\n" },
};

static void advise_bucket(struct doctor *doctor)
{
	const struct bucket bucket = bucket_of(&doctor->storage->s3);
	const struct fetch_reply *reply = &doctor->reply;
	char memory[256];
	struct buf name;

	buf_init(&name, memory, sizeof memory);
	/* Then the store has read the object's path as a bucket's. */
	if (!bucket.name.len ||
	    (xml_text((struct span){ reply->body, reply->body_len },
		 "BucketName", &name) &&
		strcmp(name.at, PROBE_FOLDER) == 0)) {
		change(doctor,
		    "bucket_url names no bucket. With path style its name "
		    "stands behind the host:\n"
		    "   bucket_url = \"%.*s://%.*s/BUCKET\";\n",
		    ARG(bucket.base.scheme), ARG(bucket.base.host));
		return;
	}
	change(doctor,
	    "There is no bucket \"%.*s\" at %.*s. Correct bucket_url, or make "
	    "it:\n   aws s3api create-bucket --bucket %.*s",
	    ARG(bucket.name), ARG(bucket.base.host), ARG(bucket.name));
	add_endpoint(doctor, &bucket);
	change(doctor, "\n   mc mb STORE/%.*s\n   garage bucket create %.*s\n",
	    ARG(bucket.name), ARG(bucket.name));
}

void advise_refused(struct doctor *doctor, const char *code)
{
	const unsigned status = doctor->reply.status;

	if (strcmp(code, "NoSuchBucket") == 0) {
		doctor->no_bucket = true;
		advise_bucket(doctor);
		return;
	}
	if (strcmp(code, "AccessDenied") == 0) {
		change(doctor, "The key is right, but may not do this.\n");
		advise_key(doctor);
		return;
	}
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
		if (strcmp(code, meanings[i].code) == 0) {
			change(doctor, "%s", meanings[i].sentence);
			return;
		}
	if (status >= 300 && status < 400)
		change(doctor,
		    "Presigned URLs cannot be redirected: bucket_url "
		    "must be the place itself%s%s.\n",
		    *doctor->reply.location ? ", not " : "",
		    *doctor->reply.location ? "one that leads elsewhere" : "");
	else if (status >= 500)
		change(doctor, "The store has trouble of its own; look at its "
			       "log.\n");
	else
		change(doctor, "Is bucket_url an S3 endpoint, and not the "
			       "store's web console or a web site?\n");
}
