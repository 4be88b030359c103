#include "doctor/private.h"

#include "doctor/codes.h"

#include <string.h>

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
	if (doctor->swift)
		change(doctor, "\n");
	else
		change(doctor,
		    "\n   mc mb STORE/%.*s\n   garage bucket create %.*s\n",
		    ARG(bucket.name), ARG(bucket.name));
}

void advise_refused(struct doctor *doctor, const char *code)
{
	const unsigned status = doctor->reply.status;
	const struct span body = { doctor->reply.body, doctor->reply.body_len };

	if (strcmp(code, "NoSuchBucket") == 0) {
		doctor->no_bucket = true;
		advise_bucket(doctor);
		return;
	}
	if (code_tell(doctor->storage, code, body, &doctor->finding.change)) {
		if (strcmp(code, "AccessDenied") == 0 &&
		    code_denial(body) == DENIAL_RIGHT)
			advise_key(doctor);
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
