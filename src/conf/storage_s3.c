#include "conf/storage.h"

#define KEY_ID_MAX 256
#define PRESIGNED_TTL 604800
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

void storage_s3_key_id(const struct node *node, void *into)
{
	struct span text;

	if (!value_text(node, &text))
		return;
	if (text.len > KEY_ID_MAX || !span_visible(text) ||
	    span_find(text, '/') < text.len)
		node_wrong(node,
		    "must be at most %d ASCII characters, without blanks "
		    "and /",
		    KEY_ID_MAX);
	else
		*(struct span *)into = arena_copy(node_keep(node), text);
}

static void check_get(
    const struct node *root, const struct node *group, struct s3_config *s3)
{
	const struct node *get = node_member(group, "get");
	const struct node *ttl = node_member(group, "get_ttl");

	if (s3->get == S3_GET_PUBLIC && ttl && !node_is_wrong(get))
		node_wrong(ttl,
		    "belongs to get = \"redirect\" or \"presigned\", and this "
		    "is \"public\", whose links do not end");
	if (!s3->get_ttl)
		s3->get_ttl =
		    s3->get == S3_GET_PRESIGNED ? PRESIGNED_TTL : REDIRECT_TTL;
	if (s3->get == S3_GET_PRESIGNED)
		node_warn(get,
		    "links die after get_ttl, %u seconds, and HEAD, by which "
		    "many clients look at a file first, is answered with 403: "
		    "get = \"redirect\" has neither fault",
		    (unsigned)s3->get_ttl);
	if (node_member(root, "public_url"))
		return;
	if (s3->get == S3_GET_REDIRECT)
		node_missing(root, "public_url",
		    "with get = \"redirect\" clients must know how to reach "
		    "this service, such as \"https://upload.example.org\"");
	else if (s3->relay)
		node_missing(root, "public_url",
		    "with relay = true clients must know how to reach this "
		    "service, such as \"https://upload.example.org\"");
}

void storage_s3_check(const struct node *root, const struct node *group,
    struct conf_storage *storage)
{
	struct s3_config *s3 = &storage->s3;

	if (span_is(s3->bucket.scheme, "http") &&
	    !host_is_local(s3->bucket.host))
		node_warn(node_member(group, "bucket_url"),
		    "uploads travel unencrypted: use https");
	storage_creds_read(group, storage);
	check_get(root, group, s3);
	storage_aws_check(group, s3);
	if (!s3->download.scheme.len)
		s3->download = s3->bucket;
}
