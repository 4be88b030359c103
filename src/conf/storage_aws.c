#include "conf/storage.h"

#include "core/chars.h"

#include <string.h>

/*
 * The parts of an AWS host name: docs.aws.amazon.com/AmazonS3/latest/
 * userguide/VirtualHosting.html and general/latest/gr/s3.html. These are the
 * bucket, "s3" or "s3-…", sometimes "dualstack", and the region. Old names
 * have the region behind "s3-", or none.
 */
struct aws_host {
	struct span bucket; /* as in the host; empty: path style */
	struct span region; /* empty: the host has none */
	struct span rest;   /* what follows the bucket and its dot */
};

/* "us-east-2", "us-gov-west-1" */
static bool is_region(struct span text)
{
	size_t parts = 0;

	while (text.at) {
		struct span part = span_cut(&text, '-');
		const struct chars set =
		    chars_of(text.at ? CHARS_LOWER : CHARS_DIGIT);

		if (!part.len || !span_only(part, &set) ||
		    (!parts && part.len != 2))
			return false;
		parts++;
	}
	return parts >= 3;
}

/* Removes `end` from the end of a text. */
static bool cut_end(struct span *text, const char *end)
{
	size_t len = strlen(end);

	if (text->len < len || !span_is(span_from(*text, text->len - len), end))
		return false;
	text->len -= len;
	return true;
}

/* Removes the last label and the dot before it, and gives the label. */
static struct span cut_label(struct span *text)
{
	size_t dot = span_find_last(*text, '.');
	struct span label = dot < text->len ? span_from(*text, dot + 1) : *text;

	text->len = dot < text->len ? dot : 0;
	return label;
}

static bool read_host(struct span host, struct aws_host *ret_host)
{
	struct span rest = span_first(host, span_find(host, ':'));
	const struct span whole = rest;
	struct span label;

	*ret_host = (struct aws_host){ SPAN_EMPTY, SPAN_EMPTY, SPAN_EMPTY };
	if (!cut_end(&rest, ".amazonaws.com") &&
	    !cut_end(&rest, ".amazonaws.com.cn"))
		return false;
	/* The endpoint's name is in the place of the bucket's. */
	bool own = cut_end(&rest, ".vpce");
	label = cut_label(&rest);
	if (is_region(label)) {
		ret_host->region = label;
		label = cut_label(&rest);
	}
	if (span_is(label, "dualstack"))
		label = cut_label(&rest);
	if (!span_is(label, "s3") && !span_starts(label, "s3-"))
		return false;
	if (!ret_host->region.len && is_region(span_from(label, 3)))
		ret_host->region = span_from(label, 3);
	if (!own && rest.len) {
		ret_host->bucket = rest;
		ret_host->rest = span_from(whole, rest.len + 1);
	}
	return true;
}

static void check_url(const struct node *node, const struct uri_base *base)
{
	struct aws_host host;

	if (node && span_is(base->scheme, "https") &&
	    read_host(base->host, &host) &&
	    span_find(host.bucket, '.') < host.bucket.len)
		node_warn(node,
		    "AWS's certificate does not match a bucket with dots in "
		    "the host: use path style, https://%.*s/%.*s%.*s",
		    (int)host.rest.len, host.rest.at, (int)host.bucket.len,
		    host.bucket.at, (int)base->path.len, base->path.at);
}

void storage_aws_check(const struct node *group, const struct s3_config *s3)
{
	const struct node *region = node_member(group, "region");
	struct aws_host host;

	check_url(node_member(group, "bucket_url"), &s3->bucket);
	check_url(node_member(group, "download_url"), &s3->download);
	if (region && s3->region.len && read_host(s3->bucket.host, &host) &&
	    host.region.len && !span_equal(host.region, s3->region))
		node_warn(region,
		    "bucket_url is in \"%.*s\", and AWS refuses URLs signed "
		    "for another region",
		    (int)host.region.len, host.region.at);
}
