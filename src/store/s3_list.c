#include "store/s3_private.h"

#include "core/uri.h"

#include <stdlib.h>
#include <string.h>

/* A store's clock may be off by so many seconds: AWS refuses more, and what is
 * removed by a wrong clock is lost. */
#define CLOCK_MAX 900
/* Pages without an object, one after the other. */
#define EMPTY_MAX 1000

/* One walk. */
struct listing {
	struct s3 *s3;
	const struct store_walk *walk;
	struct buf *why;
	struct s3_page *page;
	enum s3_place place;
	struct uri_base bucket; /* the bucket itself */
	/* bucket_url's own prefix, and with that of the walk. */
	struct buf prefix;
	size_t base_len;
	unsigned empty;
	/* The last key that was told, the prefix included. */
	struct buf last;
	struct s3_ask ask;
	char prefix_memory[2 * OBJECT_KEY_MAX + 1];
	char last_memory[OBJECT_KEY_MAX + 1];
	char token[S3_TOKEN_MAX + 1];
};

static enum failure untrusted(struct listing *listing, const char *why)
{
	buf_reset(listing->why);
	buf_text(listing->why, "its listing cannot be trusted: ");
	buf_text(listing->why, why);
	return FAILURE_INTERNAL;
}

/* False: bucket_url has no such bucket. */
static bool set_place(struct listing *listing, enum s3_place place)
{
	const struct span path = listing->s3->config.bucket.path;
	struct span rest = span_from(path, 1);
	size_t len = span_find(rest, '/');

	listing->place = place;
	listing->bucket = listing->s3->config.bucket;
	buf_init(&listing->prefix, listing->prefix_memory,
	    sizeof listing->prefix_memory);
	if (place == S3_PLACE_PATH && !path.len)
		return false;
	if (place == S3_PLACE_PATH) {
		listing->bucket.path = span_first(path, len + 1);
		rest = span_from(rest, len + 1);
	} else {
		listing->bucket.path = SPAN_EMPTY;
	}
	uri_decode(&listing->prefix, rest);
	if (rest.len)
		buf_char(&listing->prefix, '/');
	listing->base_len = listing->prefix.len;
	buf_add(&listing->prefix, listing->walk->prefix);
	return buf_ok(&listing->prefix);
}

/* --- asking ---------------------------------------------------------------*/

/* Once. `token` is "" for the first page. */
static enum failure ask_once(struct listing *listing, const char *token)
{
	struct sigv4_pair query[] = {
		{ span_of("continuation-token"), span_of(token) },
		{ span_of("encoding-type"), span_of("url") },
		{ span_of("list-type"), span_of("2") },
		{ span_of("max-keys"), span_of("1000") },
		{ span_of("prefix"), buf_span(&listing->prefix) },
	};
	const size_t skip = *token ? 0 : 1;
	struct s3_ask *ask = &listing->ask;
	enum failure failure;

	if (!s3_page_open(listing->page)) {
		buf_reset(listing->why);
		buf_text(listing->why, "out of memory");
		return FAILURE_INTERNAL;
	}
	ask->method = "GET";
	ask->base = listing->bucket;
	ask->key = SPAN_EMPTY;
	ask->query = query + skip;
	ask->query_count = sizeof query / sizeof *query - skip;
	ask->take = s3_page_take;
	ask->of = listing->page;
	ask->now = listing->walk->now();
	ask->stop = listing->walk->stop;
	ask->right = "s3:ListBucket";
	failure = s3_ask(listing->s3, ask, listing->why);
	/* What breaks off with its connection is worth another try. */
	if (!s3_page_close(listing->page) &&
	    (failure == FAILURE_NONE || listing->page->wrong))
		return untrusted(listing, listing->page->wrong
					      ? listing->page->wrong
					      : "it is not whole, or no list");
	return failure;
}

static enum failure ask(struct listing *listing, const char *token)
{
	const struct store_walk *walk = listing->walk;
	enum failure failure;
	unsigned tries = 0;

	do {
		failure = ask_once(listing, token);
	} while (failure == FAILURE_UNAVAILABLE &&
		 listing->ask.reply.result != FETCH_STOPPED &&
		 walk->again(walk->of, ++tries));
	return failure;
}

/* Others may have written an object that looks like a listing. */
static enum failure ask_below(struct listing *listing)
{
	const enum failure failure = ask(listing, "");

	return failure == FAILURE_NONE && listing->ask.reply.is_file
		   ? untrusted(listing, "it is an object")
		   : failure;
}

/* The first page. Where it is not known what the bucket is, both ways are
 * tried, and the first that lists is right. */
static enum failure ask_first(struct listing *listing)
{
	enum failure failure, other;
	char memory[STORE_WHY];
	bool missing;

	if (listing->s3->place != S3_PLACE_UNKNOWN) {
		set_place(listing, listing->s3->place);
		return ask(listing, "");
	}
	if (!set_place(listing, S3_PLACE_PATH)) {
		set_place(listing, S3_PLACE_HOST);
		return ask(listing, "");
	}
	failure = ask_below(listing);
	if (failure == FAILURE_NONE || failure == FAILURE_UNAVAILABLE)
		return failure;
	/* A segment that is part of the keys is a key that is missing. */
	missing = strcmp(listing->ask.code, "NoSuchKey") == 0;
	memcpy(memory, listing->why->at, listing->why->len + 1);
	set_place(listing, S3_PLACE_HOST);
	other = ask(listing, "");
	if (other == FAILURE_NONE || other == FAILURE_UNAVAILABLE || missing)
		return other;
	buf_reset(listing->why);
	buf_text(listing->why, memory);
	return failure;
}

/* --- telling --------------------------------------------------------------*/

static int compare(struct span a, struct span b)
{
	int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* The whole page is looked at before anything of it counts. */
static const char *page_fault(struct listing *listing)
{
	const struct s3_page *page = listing->page;
	struct span last = buf_span(&listing->last);

	for (size_t i = 0; i < page->count; i++) {
		const struct span key = page->objects[i].key;

		if (!span_equal(span_first(key, listing->prefix.len),
			buf_span(&listing->prefix)))
			return "a key is not below the prefix";
		if ((last.len || i) && compare(last, key) >= 0)
			return "keys are not in their order";
		last = key;
	}
	listing->empty = page->count ? 0 : listing->empty + 1;
	if (page->truncated && listing->empty == EMPTY_MAX)
		return "1000 pages without a key";
	return NULL;
}

static const char *clock_fault(const struct listing *listing)
{
	const int64_t date = listing->ask.reply.date;
	const int64_t ahead = listing->ask.now - date;

	return date >= 0 && (ahead > CLOCK_MAX || -ahead > CLOCK_MAX)
		   ? "its clock and that of this machine differ by more than "
		     "15 minutes"
		   : NULL;
}

/* False: `each` wants no more. */
static bool tell(struct listing *listing)
{
	const struct s3_page *page = listing->page;

	for (size_t i = 0; i < page->count; i++) {
		const struct s3_page_object *found = &page->objects[i];
		const struct store_object object = {
			.key = span_from(found->key, listing->base_len),
			.size = found->size,
			.modified = found->modified,
		};

		if (i + 1 == page->count) {
			buf_reset(&listing->last);
			buf_add(&listing->last, found->key);
		}
		if (object.key.len &&
		    !listing->walk->each(listing->walk->of, &object))
			return false;
	}
	return true;
}

static enum failure go_on(struct listing *listing, enum failure failure)
{
	while (failure == FAILURE_NONE) {
		const char *fault = clock_fault(listing);

		if (!fault)
			fault = page_fault(listing);
		if (fault)
			return untrusted(listing, fault);
		listing->s3->place = listing->place;
		if (!tell(listing) || !listing->page->truncated)
			break;
		if (strcmp(listing->token, listing->page->token) == 0)
			return untrusted(listing, "it does not get on");
		memcpy(listing->token, listing->page->token,
		    sizeof listing->token);
		failure = ask(listing, listing->token);
	}
	return failure;
}

enum failure s3_list(
    struct store *store, const struct store_walk *walk, struct buf *why)
{
	struct listing *listing = calloc(1, sizeof *listing);
	enum failure failure = FAILURE_INTERNAL;

	if (listing)
		listing->page = malloc(sizeof *listing->page);
	if (listing && listing->page) {
		listing->s3 = (struct s3 *)store;
		listing->walk = walk;
		listing->why = why;
		buf_init(&listing->last, listing->last_memory,
		    sizeof listing->last_memory);
		failure = go_on(listing, ask_first(listing));
	} else {
		buf_reset(why);
		buf_text(why, "out of memory");
	}
	if (listing)
		free(listing->page);
	free(listing);
	return failure;
}
