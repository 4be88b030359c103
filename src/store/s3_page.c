#include "store/s3_private.h"

#include "core/stamp.h"
#include "core/uri.h"
#include "net/xml.h"

/* docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */

static bool fail(struct s3_page *page, const char *wrong)
{
	page->wrong = wrong;
	return false;
}

/* The key's own memory: it is decoded when all is read, since the element that
 * says how may come late. */
static bool note_key(struct s3_page *page, struct span text)
{
	const size_t at = page->keys.len;

	buf_add(&page->keys, text);
	if (!buf_ok(&page->keys))
		return fail(page, "its keys are too long");
	page->next.key = span_from(buf_span(&page->keys), at);
	return true;
}

static bool end_object(struct s3_page *page)
{
	if (!page->next.key.len)
		return fail(page, "an object has no key");
	if (page->count == S3_PAGE_KEYS)
		return fail(page, "a page has more than 1000 keys");
	page->objects[page->count++] = page->next;
	page->next = (struct s3_page_object){ .modified = -1 };
	return true;
}

/* Elements of Contents. */
static bool inner(struct s3_page *page, struct span name, struct span text)
{
	if (span_is(name, "Key"))
		return note_key(page, text);
	if (span_is(name, "Size") && !span_u64(text, &page->next.size))
		return fail(page, "a size is no number");
	if (span_is(name, "LastModified") &&
	    !stamp_read(text, &page->next.modified))
		page->next.modified = -1;
	return true;
}

static bool outer(struct s3_page *page, struct span name, struct span text)
{
	struct buf token;

	if (span_is(name, "Contents"))
		return end_object(page);
	page->next = (struct s3_page_object){ .modified = -1 };
	if (span_is(name, "EncodingType"))
		page->encoded = span_is(text, "url");
	if (span_is(name, "IsTruncated")) {
		page->told_truncated = true;
		page->truncated = span_is(text, "true");
	}
	if (!span_is(name, "NextContinuationToken"))
		return true;
	buf_init(&token, page->token, sizeof page->token);
	buf_add(&token, text);
	return buf_ok(&token) || fail(page, "its token is too long");
}

static bool element(
    void *of, unsigned depth, struct span name, struct span text)
{
	struct s3_page *page = of;

	if (depth == 3)
		return inner(page, name, text);
	if (depth == 2)
		return outer(page, name, text);
	if (depth == 1)
		page->listing = span_is(name, "ListBucketResult");
	return true;
}

bool s3_page_open(struct s3_page *page)
{
	page->count = 0;
	page->truncated = false;
	page->token[0] = '\0';
	page->wrong = NULL;
	page->listing = false;
	page->told_truncated = false;
	page->encoded = false;
	page->next = (struct s3_page_object){ .modified = -1 };
	buf_init(&page->keys, page->memory, sizeof page->memory);
	page->xml = xml_open(element, page);
	return page->xml != NULL;
}

bool s3_page_take(void *of, struct span bytes)
{
	struct s3_page *page = of;

	if (xml_feed(page->xml, bytes))
		return true;
	return fail(page, page->wrong ? page->wrong : "it is no XML of a list");
}

/* In its place: a text only gets shorter. A blank is written as '+', and a plus
 * sign as %2B. */
static bool decode(struct span *key)
{
	char memory[OBJECT_KEY_MAX + 1], *at = (char *)key->at;
	struct buf plain = buf_of(memory, sizeof memory);

	for (size_t i = 0; i < key->len; i++)
		if (at[i] == '+')
			at[i] = ' ';
	if (!uri_decode(&plain, *key))
		return false;
	memcpy(at, plain.at, plain.len);
	key->len = plain.len;
	return true;
}

bool s3_page_close(struct s3_page *page)
{
	const bool whole = xml_end(page->xml);

	xml_close(page->xml);
	page->xml = NULL;
	if (page->wrong)
		return false;
	if (!whole || !page->listing)
		return false;
	if (!page->told_truncated)
		return fail(page, "it does not say whether it is whole");
	if (page->truncated && !*page->token)
		return fail(page, "it goes on, but does not say where");
	for (size_t i = 0; i < page->count; i++) {
		struct span *key = &page->objects[i].key;

		if (page->encoded ? !decode(key) : key->len > OBJECT_KEY_MAX)
			return fail(page, "a key is no key");
	}
	return true;
}
