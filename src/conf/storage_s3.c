#include "conf/storage.h"

#define KEY_ID_MAX 256
#define TTL_MAX 604800
#define REDIRECT_TTL 3600

static bool host_is_local(struct span host)
{
	struct ip ip;

	if (span_starts(host, "[")) {
		host = span_from(host, 1);
		host = span_first(host, span_find(host, ']'));
	} else {
		host = span_first(host, span_find(host, ':'));
	}
	return span_is(host, "localhost") ||
	       (ip_parse(host, &ip) && ip_is_loopback(&ip));
}

static const char *key_id(const struct conf *conf, struct span text)
{
	(void)conf;
	if (text.len <= KEY_ID_MAX && span_visible(text) &&
	    span_find(text, '/') == text.len)
		return NULL;
	return "must be at most 256 ASCII characters, without spaces or /";
}

static const struct setting rows[] = {
	{ "bucket_url", READ(struct conf_storage, s3.bucket, settings_url) },
	{ "region", TEXT(struct conf_storage, s3.region, value_id) },
	{ "access_key_id",
	    TEXT(struct conf_storage, creds.text[CREDS_KEY_ID], key_id) },
	{ "access_key_secret", ELSEWHERE },
	{ "access_key_secret_file", ELSEWHERE },
	{ "session_token", ELSEWHERE },
	{ "session_token_file", ELSEWHERE },
	{ "download_url",
	    READ(struct conf_storage, s3.download, settings_url) },
	{ "get",
	    WORD(struct conf_storage, s3.get, "public|redirect|presigned") },
	{ "get_ttl", U32(struct conf_storage, s3.get_ttl, 1, TTL_MAX) },
	{ "set_public",
	    READ(struct conf_storage, s3.set_public, settings_boolean) },
	{ "sign_content_type",
	    READ(struct conf_storage, s3.sign_content_type, settings_boolean) },
	{ "relay", READ(struct conf_storage, s3.relay, settings_boolean) },
	{ "credentials", WORD(struct conf_storage, creds.kind, CREDS_WORDS) },
};

const struct settings storage_s3_settings = { SETTINGS(rows), .type = "s3" };

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

void storage_s3_check(const struct node *group, struct conf_storage *storage)
{
	struct s3_config *s3 = &storage->s3;

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
	storage_creds_read(group, storage);
	check_get(group, s3);
	storage_aws_check(group, s3);
	if (!s3->download.scheme.len)
		s3->download = s3->bucket;
}
