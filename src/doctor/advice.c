#include "doctor/private.h"

#include "slot/note.h"

#include <string.h>

/* The advice names only commands that the store has, as far as its answers and
 * its address tell which store it is. */

/* The ARN of all objects of this bucket in a folder. */
static void add_objects(
    struct doctor *doctor, const struct bucket *bucket, const char *folder)
{
	change(doctor, "arn:aws:s3:::%.*s/%.*s%s%s*", ARG(bucket->name),
	    ARG(bucket->prefix), bucket->prefix.len ? "/" : "", folder);
}

void advice_endpoint(struct doctor *doctor, const struct bucket *bucket)
{
	struct span host = bucket->base.host;

	if (bucket_is_aws(bucket))
		return;
	if (!bucket->path_style && bucket->name.len)
		host = span_from(host, bucket->name.len + 1);
	change(doctor, " --endpoint-url %.*s://%.*s", ARG(bucket->base.scheme),
	    ARG(host));
}

/* The kinds of stores, by their commands and permissions. */
enum kind { KIND_ANY, KIND_AWS, KIND_MINIO, KIND_SWIFT };

static enum kind kind_of(const struct doctor *doctor)
{
	const struct bucket bucket = bucket_of(doctor->storage->s3);

	return doctor->swift            ? KIND_SWIFT
	       : doctor->minio          ? KIND_MINIO
	       : bucket_is_aws(&bucket) ? KIND_AWS
					: KIND_ANY;
}

static void add_policy(struct doctor *doctor, const struct bucket *bucket)
{
	const enum kind kind = kind_of(doctor);

	change(doctor,
	    "2. Set this bucket policy, saved as "
	    "policy.json:\n{\"Version\": \"2012-10-17\", "
	    "\"Statement\": [{\"Effect\": \"Allow\", \"Principal\": "
	    "\"*\",\n \"Action\": \"s3:GetObject\", \"Resource\": \"");
	add_objects(doctor, bucket, "");
	change(doctor,
	    "\"}]}\n"
	    "   aws s3api put-bucket-policy --bucket %.*s --policy "
	    "file://policy.json",
	    ARG(bucket->name));
	advice_endpoint(doctor, bucket);
	change(doctor, "\n");
	if (kind != KIND_AWS)
		change(doctor,
		    "   mc anonymous set-json policy.json STORE/%.*s\n   "
		    "(never `mc anonymous set download`, which lets anybody "
		    "list the bucket)\n",
		    ARG(bucket->name));
	else
		change(doctor,
		    "   AWS blocks public access to new buckets; first run:\n  "
		    " aws s3api delete-public-access-block --bucket %.*s\n",
		    ARG(bucket->name));
}

void advice_read(struct doctor *doctor)
{
	const struct s3_config *s3 = doctor->storage->s3;
	const struct bucket bucket = bucket_of(s3);

	if (s3->set_public)
		change(doctor,
		    "Ceph RGW ignores x-amz-acl in a presigned URL; MinIO, "
		    "R2 and Garage have no ACLs.\n");
	change(doctor,
	    "%s, the best first:\n1. Set get = \"redirect\" in storage, with "
	    "public_url and key_file: the bucket stays private.\n",
	    doctor->swift ? "Two solutions" : "Three solutions");
	if (doctor->swift) {
		change(doctor,
		    "2. OpenStack Swift has no bucket policies, but can make "
		    "the container readable without listing:\n   swift post "
		    "%.*s --read-acl '.r:*'\n   Then set download_url to the "
		    "container's address, https://HOST/v1/AUTH_PROJECT/%.*s\n",
		    ARG(bucket.name), ARG(bucket.name));
		return;
	}
	add_policy(doctor, &bucket);
	if (!s3->set_public)
		change(doctor, "3. Set set_public = true, if the store has "
			       "object ACLs (old AWS buckets).\n");
	else
		change(doctor, "3. set_public works only if the store has "
			       "object ACLs (old AWS buckets).\n");
}

static void add_key_commands(struct doctor *doctor, const struct bucket *bucket)
{
	const enum kind kind = kind_of(doctor);
	const bool reads = doctor->storage->s3->get != S3_GET_PUBLIC;

	if (kind != KIND_MINIO)
		change(doctor, "   aws iam put-user-policy --user-name USER "
			       "--policy-name slotd --policy-document "
			       "file://policy.json\n");
	if (kind != KIND_AWS)
		change(doctor,
		    "   mc admin policy create STORE slotd policy.json && mc "
		    "admin policy attach STORE slotd --user USER\n");
	if (kind == KIND_ANY)
		change(doctor,
		    "   garage bucket allow --write%s %.*s --key KEY\n   Ceph: "
		    "radosgw-admin user create --uid slotd --display-name "
		    "slotd; then set the same statement as\n   bucket policy, "
		    "with \"Principal\": {\"AWS\": "
		    "[\"arn:aws:iam:::user/slotd\"]}.\n",
		    reads ? " --read" : "", ARG(bucket->name));
}

void advice_key(struct doctor *doctor)
{
	const struct s3_config *s3 = doctor->storage->s3;
	const struct bucket bucket = bucket_of(s3);
	const bool reads = s3->get != S3_GET_PUBLIC;

	if (doctor->swift) {
		change(doctor,
		    "OpenStack Swift has no policies for S3 keys. The least "
		    "privilege is a user who may do only what the\nbucket's "
		    "ACL allows%s:\n   swift post %.*s%s --write-acl "
		    "PROJECT:USER\n",
		    reads ? "; there, reading includes listing" : "",
		    ARG(bucket.name), reads ? " --read-acl PROJECT:USER" : "");
		return;
	}
	change(doctor,
	    "The smallest policy for this key, saved as "
	    "policy.json:\n{\"Version\": \"2012-10-17\", \"Statement\": "
	    "[{\"Effect\": \"Allow\",\n \"Action\": [\"s3:PutObject\"%s%s], "
	    "\"Resource\": \"",
	    s3->set_public ? ", \"s3:PutObjectAcl\"" : "",
	    reads ? ", \"s3:GetObject\"" : "");
	add_objects(doctor, &bucket, "");
	change(doctor, "\"}]}\n");
	add_key_commands(doctor, &bucket);
}

static void add_cors_rule(struct doctor *doctor, const struct bucket *bucket)
{
	change(doctor,
	    "Web clients (Converse.js) need this rule, saved as "
	    "cors.json:\n{\"CORSRules\": [{\"AllowedOrigins\": [\"*\"], "
	    "\"AllowedMethods\": [\"GET\", \"HEAD\", \"PUT\"],\n "
	    "\"AllowedHeaders\": [\"*\"], \"MaxAgeSeconds\": 86400}]}\n   aws "
	    "s3api put-bucket-cors --bucket %.*s --cors-configuration "
	    "file://cors.json",
	    ARG(bucket->name));
	advice_endpoint(doctor, bucket);
	change(doctor, "\n");
}

void advice_cors(struct doctor *doctor)
{
	const struct bucket bucket = bucket_of(doctor->storage->s3);
	const enum kind kind = kind_of(doctor);

	if (doctor->told_cors) {
		change(doctor, "The change above solves this too.\n");
		return;
	}
	doctor->told_cors = true;
	if (kind == KIND_SWIFT) {
		change(doctor,
		    "Web clients (Converse.js) need two settings in Swift's "
		    "proxy-server.conf:\n"
		    "   [DEFAULT]       cors_allow_origin = *\n"
		    "   [filter:s3api]  cors_preflight_allow_origin = *\n");
		return;
	}
	if (kind != KIND_MINIO)
		add_cors_rule(doctor, &bucket);
	/* --fix itself signs with another key. */
	if (kind != KIND_MINIO && !doctor->signer)
		change(doctor,
		    "Or let slotd set it, with an administrator's key in the "
		    "environment:\n   slotd doctor --fix\n");
	if (kind != KIND_AWS)
		change(doctor,
		    "MinIO has no such rules; it allows every origin, unless "
		    "MINIO_API_CORS_ALLOW_ORIGIN is set%s.\n",
		    kind == KIND_MINIO
			? ": web clients (Converse.js) need \"*\""
			: "");
}

void advice_no_strangers(struct doctor *doctor)
{
	const struct bucket bucket = bucket_of(doctor->storage->s3);

	if (doctor->told_strangers) {
		change(doctor, "The commands above solve this too.\n");
		return;
	}
	doctor->told_strangers = true;
	if (doctor->swift) {
		change(doctor,
		    "See the permissions, and remove them:\n   swift stat "
		    "%.*s\n   swift post %.*s --read-acl '' --write-acl ''\n",
		    ARG(bucket.name), ARG(bucket.name));
		return;
	}
	change(doctor,
	    "See the permissions:\n   aws s3api get-bucket-policy --bucket "
	    "%.*s",
	    ARG(bucket.name));
	advice_endpoint(doctor, &bucket);
	change(doctor, "\n   aws s3api get-bucket-acl --bucket %.*s",
	    ARG(bucket.name));
	advice_endpoint(doctor, &bucket);
	change(doctor,
	    "\nRemove all that Principal \"*\" may do except s3:GetObject, and "
	    "make the ACL private:\n   aws s3api put-bucket-acl --bucket %.*s "
	    "--acl private",
	    ARG(bucket.name));
	advice_endpoint(doctor, &bucket);
	if (kind_of(doctor) != KIND_AWS)
		change(doctor, "\n   mc anonymous set none STORE/%.*s",
		    ARG(bucket.name));
	change(doctor, "\n");
}

static void advice_bucket(struct doctor *doctor)
{
	const struct bucket bucket = bucket_of(doctor->storage->s3);
	char memory[256];
	struct buf name;

	buf_init(&name, memory, sizeof memory);
	/* A store that took the first folder for the bucket. */
	if (!bucket.name.len ||
	    (xml_text(ask_body(doctor), "BucketName", &name) &&
		strcmp(name.at, PROBE_FOLDER) == 0)) {
		change(doctor,
		    "bucket_url names no bucket. Write its name after the "
		    "host:\n   bucket_url = \"%.*s://%.*s/BUCKET\";\n",
		    ARG(bucket.base.scheme), ARG(bucket.base.host));
		return;
	}
	change(doctor,
	    "There is no bucket \"%.*s\" at %.*s. Correct bucket_url, or "
	    "create the bucket:\n   aws s3api create-bucket --bucket %.*s",
	    ARG(bucket.name), ARG(bucket.base.host), ARG(bucket.name));
	advice_endpoint(doctor, &bucket);
	if (doctor->swift)
		change(doctor, "\n");
	else
		change(doctor,
		    "\n   mc mb STORE/%.*s\n   garage bucket create %.*s\n",
		    ARG(bucket.name), ARG(bucket.name));
}

void advice_refused(struct doctor *doctor)
{
	const unsigned status = doctor->reply.status;
	const struct span body = ask_body(doctor);
	char memory[64];
	struct buf code;

	buf_init(&code, memory, sizeof memory);
	code_element(body, "Code", &code);
	if (strcmp(code.at, "NoSuchBucket") == 0) {
		doctor->no_bucket = true;
		advice_bucket(doctor);
		return;
	}
	if (code_tell(
		doctor->storage, code.at, body, &doctor->finding.change)) {
		if (strcmp(code.at, "AccessDenied") == 0 &&
		    code_denial(body) == DENIAL_RIGHT)
			advice_key(doctor);
		return;
	}
	if (status >= 300 && status < 400)
		change(doctor,
		    "Presigned URLs cannot be redirected: bucket_url must be "
		    "the bucket's final address%s%s.\n",
		    *doctor->reply.location ? ", not " : "",
		    *doctor->reply.location ? "one that redirects" : "");
	else if (status >= 500)
		change(
		    doctor, "The store has an internal error; see its log.\n");
	else
		change(doctor, "Is bucket_url an S3 endpoint? It must not be "
			       "the store's web console or a web site.\n");
}

/* --- the janitor ----------------------------------------------------------*/

static void add_janitor_policy(
    struct doctor *doctor, const struct bucket *bucket)
{
	change(doctor,
	    "The smallest policy for it, saved as "
	    "janitor.json:\n{\"Version\": \"2012-10-17\", \"Statement\": "
	    "[\n {\"Effect\": \"Allow\", \"Action\": \"s3:ListBucket\", "
	    "\"Resource\": \"arn:aws:s3:::%.*s\"},\n {\"Effect\": "
	    "\"Allow\", \"Action\": \"s3:DeleteObject\", \"Resource\": \"",
	    ARG(bucket->name));
	add_objects(doctor, bucket, "");
	change(doctor,
	    "\"},\n {\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", "
	    "\"Resource\": \"");
	add_objects(doctor, bucket, NOTE_FOLDER);
	change(doctor, "\"}]}\n");
}

static void add_janitor_commands(
    struct doctor *doctor, const struct bucket *bucket)
{
	const enum kind kind = kind_of(doctor);

	if (kind != KIND_MINIO)
		change(doctor,
		    "   aws iam put-user-policy --user-name slotd-sweep "
		    "--policy-name slotd-sweep --policy-document "
		    "file://janitor.json\n");
	if (kind != KIND_AWS)
		change(doctor,
		    "   mc admin policy create STORE slotd-sweep janitor.json "
		    "&& mc admin policy attach STORE slotd-sweep --user "
		    "USER\n");
	if (kind == KIND_ANY)
		change(doctor,
		    "   Ceph: radosgw-admin user create --uid slotd-sweep "
		    "--display-name slotd-sweep; then add the same "
		    "statements\n   to the bucket policy, each with "
		    "\"Principal\": {\"AWS\": "
		    "[\"arn:aws:iam:::user/slotd-sweep\"]}.\n   Garage: "
		    "there, reading includes listing, and writing deleting: "
		    "garage bucket allow --read --write %.*s --key KEY\n",
		    ARG(bucket->name));
}

void advice_janitor(struct doctor *doctor)
{
	const struct bucket bucket = bucket_of(doctor->storage->s3);

	if (!doctor->storage->janitor)
		change(doctor,
		    "Make a second key, for slotd sweep, and add to "
		    "storage:\n   janitor = { access_key_id = \"...\"; "
		    "access_key_secret_file = "
		    "\"/etc/slotd/janitor.secret\"; };\n");
	if (doctor->swift) {
		change(doctor,
		    "OpenStack Swift has no policies for S3 keys: the key of "
		    "slotd sweep is that of a user who may read and\nwrite "
		    "the container.\n");
		return;
	}
	add_janitor_policy(doctor, &bucket);
	add_janitor_commands(doctor, &bucket);
}
