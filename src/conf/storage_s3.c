#include "conf/storage.h"

#include "conf/secret.h"
#include "core/chars.h"

#include <string.h>

#define REGION_MAX 64
#define TTL_MAX 604800
#define REDIRECT_TTL 3600

/* Says that bucket_url or download_url is wrong, or keeps its normal form. */
static bool read_base(
    struct reader *reader, const struct node *node, struct uri_base *ret_base)
{
	const char *wrong;
	struct span text;
	struct buf out;

	if (!read_text(reader, node, &text))
		return false;
	buf_init(&out, memory_get(reader->keep, text.len + 16), text.len + 16);
	if (!uri_base_parse(text, &out, ret_base, &wrong)) {
		node_wrong(reader, node, "%s", wrong);
		return false;
	}
	return true;
}

static bool host_is_local(struct span host)
{
	char address[64];
	struct buf out;
	size_t colon;

	buf_init(&out, address, sizeof address);
	if (span_starts(host, "[")) {
		host = span_from(host, 1);
		buf_add(&out, span_first(host, span_find(host, ']')));
	} else {
		colon = span_find(host, ':');
		host = span_first(host, colon);
		if (span_is(host, "localhost"))
			return true;
		buf_add(&out, host);
	}
	return is_loopback(address);
}

void s3_bucket(struct reader *reader, const struct node *node, void *into)
{
	struct uri_base *bucket = into;

	if (read_base(reader, node, bucket) &&
	    span_is(bucket->scheme, "http") && !host_is_local(bucket->host))
		node_warn(
		    reader, node, "uploads travel unencrypted: use https");
}

void s3_download(struct reader *reader, const struct node *node, void *into)
{
	read_base(reader, node, into);
}

void s3_region(struct reader *reader, const struct node *node, void *into)
{
	struct span *into_text = into;
	struct span text;

	if (!read_text(reader, node, &text))
		return;
	if (text.len > REGION_MAX || !span_only(text, CHARS_ID))
		node_wrong(reader, node,
		    "must be at most %d letters, digits, dots, underscores or "
		    "hyphens",
		    REGION_MAX);
	else
		*into_text = memory_copy(reader->keep, text);
}

void s3_key_id(struct reader *reader, const struct node *node, void *into)
{
	struct span *into_text = into;
	struct span text;

	if (!read_text(reader, node, &text))
		return;
	if (text.len > 256 || !span_visible(text) ||
	    span_find(text, '/') < text.len)
		node_wrong(reader, node,
		    "must be at most 256 ASCII characters, without blanks "
		    "and /");
	else
		*into_text = memory_copy(reader->keep, text);
}

static void read_secret(struct reader *reader, const struct node *node,
    struct secret_draft *draft, size_t max)
{
	struct span text = span_of(node_name(node)), secret;
	size_t len = strlen("_file");
	bool file =
	    text.len > len && span_is(span_from(text, text.len - len), "_file");

	if (draft->node) {
		node_wrong(reader, node, "cannot stand beside %s",
		    node_name(draft->node));
		return;
	}
	draft->node = node;
	if (file)
		read_path(reader, node, &draft->path);
	if (file ? secret_read_one(reader, node, max, &secret)
		 : secret_read_inline(reader, node, max, &secret))
		draft->value = memory_copy(reader->keep, secret);
}

void s3_secret(struct reader *reader, const struct node *node, void *into)
{
	read_secret(reader, node, into, CREDS_MAX);
}

void s3_token(struct reader *reader, const struct node *node, void *into)
{
	const struct secret_draft *draft = into;

	read_secret(reader, node, into, CREDS_TOKEN_MAX);
	if (draft->value.len && !span_visible(draft->value))
		node_wrong(
		    reader, node, "has characters that no session token has");
}

void s3_get(struct reader *reader, const struct node *node, void *into)
{
	static const enum s3_get kinds[] = { S3_GET_PUBLIC, S3_GET_REDIRECT,
		S3_GET_PRESIGNED };
	struct storage_draft *draft = into;
	unsigned number;

	draft->get_node = node;
	if (read_word(reader, node, "public|redirect|presigned", &number))
		draft->storage.s3.get = kinds[number];
	else
		draft->get_wrong = true;
}

void s3_get_ttl(struct reader *reader, const struct node *node, void *into)
{
	struct storage_draft *draft = into;
	int64_t seconds;

	draft->get_ttl_node = node;
	if (read_integer(reader, node, 1, TTL_MAX, &seconds))
		draft->storage.s3.get_ttl = (uint32_t)seconds;
}

static void check_get(
    struct reader *reader, const struct node *root, struct storage_draft *draft)
{
	struct s3_config *s3 = &draft->storage.s3;

	if (s3->get == S3_GET_PUBLIC && draft->get_ttl_node &&
	    !draft->get_wrong)
		node_wrong(reader, draft->get_ttl_node,
		    "belongs to get = \"redirect\" or \"presigned\", and this "
		    "is \"public\", whose links do not end");
	if (!s3->get_ttl)
		s3->get_ttl =
		    s3->get == S3_GET_PRESIGNED ? TTL_MAX : REDIRECT_TTL;
	if (s3->get == S3_GET_PRESIGNED)
		node_warn(reader, draft->get_node,
		    "links die after get_ttl, %u seconds, and HEAD, by which "
		    "many clients look at a file first, is answered with 403: "
		    "get = \"redirect\" has neither fault",
		    (unsigned)s3->get_ttl);
	if (s3->get == S3_GET_REDIRECT && !node_member(root, "public_url"))
		node_missing(reader, root, "public_url",
		    "with get = \"redirect\" clients must know how to reach "
		    "this service, such as \"https://upload.example.org\"");
	else if (s3->relay && !node_member(root, "public_url"))
		node_missing(reader, root, "public_url",
		    "with relay = true clients must know how to reach this "
		    "service, such as \"https://upload.example.org\"");
}

void s3_check(struct reader *reader, const struct node *root,
    const struct node *group, struct storage_draft *draft)
{
	struct conf_storage *storage = &draft->storage;

	s3_credentials_check(reader, group, draft);
	check_get(reader, root, draft);
	s3_check_aws(reader, group, &storage->s3);
	if (!storage->s3.download.scheme.len)
		storage->s3.download = storage->s3.bucket;
}
