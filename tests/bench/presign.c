/*
 * What an S3 store's presigned URL costs beside the SHA-256 that it cannot do
 * without: its canonical request, its string to sign and the outer hash, by
 * the same library, from states that are kept. And what it takes from the
 * heap: nothing.
 *
 * Prints a line for each round: nanoseconds of CPU for a URL, for its hashes
 * alone, and allocations for each URL.
 *
 * Usage: presign ROUNDS
 */
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/hex.h"
#include "creds/pool.h"
#include "slot/slot.h"
#include "store/s3.h"

#define NOW 1369353600
#define DATE "20130524"
#define HOST "my-bucket.s3.us-east-2.amazonaws.com"
#define REGION "us-east-2"
#define SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define SIZE 23456
#define SIGNATURE "&X-Amz-Signature="
#define PIECES 50 /* of a round; the two take turns */
#define TIMES 400 /* in a piece */

/* libc's own, behind those that count. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);

static unsigned long allocations;

void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	allocations++;
	return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
	allocations++;
	return __libc_realloc(memory, size);
}

static void must(bool well, const char *what)
{
	if (well)
		return;
	fprintf(stderr, "presign: %s\n", what);
	exit(1);
}

static int64_t nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* --- slotd's ------------------------------------------------------------- */

static int64_t creds_now(void)
{
	return NOW;
}

static struct store *open_store(void)
{
	static const struct creds_world world = { .now = creds_now };
	static char memory[256];
	static struct s3_config config = { .put_ttl = 600 };
	struct creds_settings settings = { .kind = CREDS_STATIC };
	struct creds_pool *pool = creds_pool_open(&world);
	struct buf out = buf_of(memory, sizeof memory);
	const char *wrong;

	must(pool, "no memory");
	for (unsigned i = 0; i < CREDS_TEXT_COUNT; i++)
		settings.text[i] = SPAN_EMPTY;
	settings.text[CREDS_KEY_ID] = span_of("AKIAIOSFODNN7EXAMPLE");
	settings.text[CREDS_SECRET] = span_of(SECRET);
	must(uri_base_parse(
		 span_of("https://" HOST), &out, &config.bucket, &wrong),
	    "bucket_url");
	config.download = config.bucket;
	config.region = span_of(REGION);
	return s3_open(&config, creds_pool_get(pool, &settings));
}

static void sign(struct store *store, struct buf *url)
{
	char type_memory[256];
	struct buf type = buf_of(type_memory, sizeof type_memory);
	struct store_slot slot = { .put = url, .type = &type };
	const struct store_request request = {
		.key = span_of("d2dQWlUfWHd5cXFZeWVhcg/tr\xc3\xa8s cool.jpg"),
		.size = SIZE,
		.type = span_of("image/jpeg"),
		.now = NOW,
	};
	struct refusal why = { 0 };

	url->len = 0;
	must(store->class->sign(store, &request, &slot, &why) == FAILURE_NONE,
	    "no URL");
}

/* --- the hashes alone ---------------------------------------------------- */

struct hashes {
	char canonical[2048];
	char to_sign[256];
	struct sha256_ctx inner; /* of the day's key */
	struct sha256_ctx outer;
	uint8_t mac[32];
};

static void digest(const void *text, size_t len, uint8_t ret_digest[32])
{
	struct sha256_ctx state;

	sha256_init(&state);
	sha256_update(&state, len, text);
	sha256_digest(&state, 32, ret_digest);
}

/* A state after a key and one of HMAC's two pads. */
static void pad(
    struct sha256_ctx *state, const void *key, size_t len, unsigned char mask)
{
	unsigned char block[64] = { 0 };

	memcpy(block, key, len);
	for (size_t i = 0; i < sizeof block; i++)
		block[i] ^= mask;
	sha256_init(state);
	sha256_update(state, sizeof block, block);
}

static void finish(const struct sha256_ctx *kept, const void *text, size_t len,
    uint8_t ret_digest[32])
{
	struct sha256_ctx state = *kept;

	sha256_update(&state, len, text);
	sha256_digest(&state, 32, ret_digest);
}

static void hmac_state(struct hashes *hashes, const void *key, size_t len)
{
	pad(&hashes->inner, key, len, 0x36);
	pad(&hashes->outer, key, len, 0x5c);
}

static void mac(struct hashes *hashes, const char *text)
{
	uint8_t inner[32];

	finish(&hashes->inner, text, strlen(text), inner);
	finish(&hashes->outer, inner, sizeof inner, hashes->mac);
}

/* The day's key, and the two texts of a URL without its signature. */
static void prepare(struct hashes *hashes, const char *url, int len)
{
	static const char *const chain[] = { DATE, REGION, "s3",
		"aws4_request" };
	const char *path = strstr(url, HOST) + strlen(HOST);
	int path_len = (int)strcspn(path, "?");
	const char *query = path + path_len + 1;
	uint8_t hash[32];
	char hex_memory[65];
	struct buf hex = buf_of(hex_memory, sizeof hex_memory);

	hmac_state(hashes, "AWS4" SECRET, strlen("AWS4" SECRET));
	for (size_t i = 0; i < sizeof chain / sizeof *chain; i++) {
		mac(hashes, chain[i]);
		hmac_state(hashes, hashes->mac, sizeof hashes->mac);
	}
	snprintf(hashes->canonical, sizeof hashes->canonical,
	    "PUT\n%.*s\n%.*s\ncontent-length:%d\nhost:" HOST
	    "\n\ncontent-length;host\nUNSIGNED-PAYLOAD",
	    path_len, path, (int)(url + len - query), query, SIZE);
	digest(hashes->canonical, strlen(hashes->canonical), hash);
	hex_encode(&hex, hash, sizeof hash);
	snprintf(hashes->to_sign, sizeof hashes->to_sign,
	    "AWS4-HMAC-SHA256\n" DATE "T000000Z\n" DATE "/" REGION
	    "/s3/aws4_request\n%.*s",
	    (int)hex.len, hex.at);
}

static void hash(struct hashes *hashes)
{
	uint8_t request[32];

	digest(hashes->canonical, strlen(hashes->canonical), request);
	mac(hashes, hashes->to_sign);
}

/* Both give the same signature, or they are not to be compared. */
static void compare(struct hashes *hashes, struct buf *url)
{
	size_t len = url->len - 64 - strlen(SIGNATURE);
	char memory[65];
	struct buf hex = buf_of(memory, sizeof memory);

	must(memcmp(url->at + len, SIGNATURE, strlen(SIGNATURE)) == 0,
	    "the signature is not last");
	prepare(hashes, url->at, (int)len);
	hash(hashes);
	hex_encode(&hex, hashes->mac, sizeof hashes->mac);
	must(memcmp(url->at + url->len - 64, hex.at, 64) == 0,
	    "another signature");
}

static void run(struct store *store, struct buf *url, struct hashes *hashes)
{
	int64_t ours = 0, theirs = 0;
	unsigned long before = allocations;

	for (int piece = 0; piece < PIECES; piece++) {
		int64_t began = nanoseconds(), between;

		for (int i = 0; i < TIMES; i++)
			sign(store, url);
		between = nanoseconds();
		for (int i = 0; i < TIMES; i++)
			hash(hashes);
		ours += between - began;
		theirs += nanoseconds() - between;
	}
	printf("%.1f %.1f %.3f\n", (double)ours / (PIECES * TIMES),
	    (double)theirs / (PIECES * TIMES),
	    (double)(allocations - before) / (PIECES * TIMES));
}

int main(int argc, char **argv)
{
	static struct hashes hashes;
	char memory[SLOT_URL_MAX];
	struct buf url = buf_of(memory, sizeof memory);
	struct store *store;

	must(argc == 2, "usage: presign ROUNDS");
	store = open_store();
	must(store, "no memory");
	sign(store, &url);
	compare(&hashes, &url);
	for (long i = strtol(argv[1], NULL, 10); i > 0; i--)
		run(store, &url, &hashes);
	store->class->close(store);
	return 0;
}
