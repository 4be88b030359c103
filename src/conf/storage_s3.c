#include "conf/storage.h"

#define TTL_MAX 604800
#define REDIRECT_TTL 3600

static bool host_is_local(struct span host)
{
	if (span_starts(host, "[")) {
		host = span_from(host, 1);
		host = span_first(host, span_find(host, ']'));
	} else {
		host = span_first(host, span_find(host, ':'));
	}
	return ip_host_is_local(host);
}

static const struct setting rows[] = {
	{ "bucket_url", READ(struct storage_s3, s3.bucket, settings_url) },
	{ "region", TEXT(struct storage_s3, s3.region, value_id) },
	{ "access_key_id",
	    TEXT(struct storage_s3, creds.text[CREDS_KEY_ID], value_key_id) },
	{ "access_key_secret", ELSEWHERE },
	{ "access_key_secret_file", ELSEWHERE },
	{ "session_token", ELSEWHERE },
	{ "session_token_file", ELSEWHERE },
	{ "download_url", READ(struct storage_s3, s3.download, settings_url) },
	{ "get", WORD(struct storage_s3, s3.get, "public|redirect|presigned") },
	{ "get_ttl", SECONDS(struct storage_s3, s3.get_ttl, 1, TTL_MAX) },
	{ "set_public", READ(struct storage_s3, s3.set_public, value_boolean) },
	{ "sign_content_type",
	    READ(struct storage_s3, s3.sign_content_type, value_boolean) },
	{ "relay", READ(struct storage_s3, s3.relay, value_boolean) },
	{ "bucket", TEXT(struct storage_s3, bucket, value_id) },
	{ "janitor", WHOLE(storage_janitor_read) },
	{ "credentials", WORD(struct storage_s3, creds.kind, CREDS_WORDS) },
};

static void check_get(const struct node *group, struct s3_config *s3)
{
	const struct node *get = node_member(group, "get");
	const struct node *ttl = node_member(group, "get_ttl");

	if (s3->get == S3_GET_PUBLIC && ttl && !node_is_wrong(get))
		node_wrong(ttl,
		    "belongs to get = \"redirect\" or \"presigned\", but "
		    "this one is \"public\", whose links do not expire");
	if (!s3->get_ttl)
		s3->get_ttl =
		    s3->get == S3_GET_PRESIGNED ? TTL_MAX : REDIRECT_TTL;
	if (s3->get == S3_GET_PRESIGNED)
		node_warn(get,
		    "links expire after get_ttl (%u seconds), and HEAD, which "
		    "many clients send first, is answered with 403: get = "
		    "\"redirect\" has neither problem",
		    (unsigned)s3->get_ttl);
}

static void read_secrets(const struct node *group, void *config)
{
	storage_creds_secrets(group, &((struct storage_s3 *)config)->creds);
}

/* Those that are known already. */
static void keep_creds(struct conf_storage *storage)
{
	const struct creds_settings *creds = storage->creds;

	if (creds->kind == CREDS_STATIC || creds->kind == CREDS_ENVIRONMENT)
		storage->s3_creds = (struct creds_value){
			.access_key_id = creds->text[CREDS_KEY_ID],
			.access_key_secret = creds->text[CREDS_SECRET],
			.session_token = creds->text[CREDS_TOKEN],
		};
}

/* Finds the name in bucket_url. */
static void check_bucket(const struct node *node, struct storage_s3 *own)
{
	const struct uri_base *url = &own->s3.bucket;
	const struct span name = own->bucket;
	const struct span path = span_from(url->path, 1);
	const struct span host = span_first(url->host, name.len);
	const struct span rest = span_from(url->host, name.len);

	if (!name.len || !url->host.len)
		return;
	if (span_equal(span_first(path, span_find(path, '/')), name))
		own->s3.place = S3_PLACE_PATH;
	else if (span_equal(host, name) &&
		 (!rest.len || *rest.at == '.' || *rest.at == ':'))
		own->s3.place = S3_PLACE_HOST;
	else
		node_wrong(node,
		    "must be the first segment of bucket_url's path, or the "
		    "start of its host");
}

static void check(const struct node *group, struct conf_storage *storage)
{
	const struct conf *conf = group->reading->conf;
	struct storage_s3 *own = storage->config;
	struct s3_config *s3 = &own->s3;

	storage->s3 = s3;
	storage->creds = &own->creds;
	storage->takes_uploads = s3->relay;
	storage->gives_files = s3->get == S3_GET_REDIRECT;
	s3->name = storage->name;
	s3->put_ttl = storage->put_ttl;
	s3->public_url = conf->public_url;
	s3->keyring = conf->has_key_file ? &conf->keyring : NULL;
	if (!node_member(group, "bucket_url"))
		node_missing(group, "bucket_url",
		    "the bucket's URL, such as "
		    "\"https://my-bucket.s3.us-east-2.amazonaws.com\"");
	if (!node_member(group, "region"))
		node_missing(group, "region",
		    "the store's region, such as \"us-east-2\"");
	if (span_is(s3->bucket.scheme, "http") &&
	    !host_is_local(s3->bucket.host))
		node_warn(node_member(group, "bucket_url"),
		    "uploads are not encrypted: use https");
	storage_creds_read(group, storage->creds, s3->region);
	keep_creds(storage);
	storage_janitor_check(node_member(group, "janitor"), own);
	if (own->has_janitor)
		storage->janitor = &own->janitor;
	check_bucket(node_member(group, "bucket"), own);
	check_get(group, s3);
	storage_aws_check(group, s3);
	if (!s3->download.scheme.len)
		s3->download = s3->bucket;
}

static struct store *open(
    const struct store_opening *opening, char *wrong, size_t wrong_size)
{
	struct s3_config config = *opening->storage->s3;

	(void)wrong;
	(void)wrong_size;
	config.keyring = opening->keyring;
	return s3_open(&config, opening->creds);
}

const struct store_kind storage_s3_kind = {
	.class = &s3_class,
	.settings = { SETTINGS(rows), .type = "s3" },
	.size = sizeof(struct storage_s3),
	.read = read_secrets,
	.check = check,
	.open = open,
};
