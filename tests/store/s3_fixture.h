#ifndef TESTS_STORE_S3_FIXTURE_H
#define TESTS_STORE_S3_FIXTURE_H

#include "expect.h"

#include "creds/pool.h"
#include "slot/slot.h"
#include "store/s3.h"

/* 2013-05-24T00:00:00Z, as in AWS's examples. Signatures by botocore. */
#define NOW 1369353600
#define DAY 86400

struct setup {
	char bucket_memory[256];
	char download_memory[256];
	char put_memory[SLOT_URL_MAX];
	char get_memory[SLOT_URL_MAX];
	char type_memory[256];
	struct buf type;
	struct buf put;
	struct buf get;
	struct s3_config config;
	const char *token;  /* of the session */
	const char *wanted; /* the type */
	struct creds_pool *pool;
	struct store *store;
};

static inline int64_t creds_now(void)
{
	return NOW;
}

static inline struct creds *open_creds(struct setup *setup)
{
	static const struct creds_world world = { .now = creds_now };
	struct creds_settings settings = { .kind = CREDS_STATIC };

	for (unsigned i = 0; i < CREDS_TEXT_COUNT; i++)
		settings.text[i] = SPAN_EMPTY;
	settings.text[CREDS_KEY_ID] = span_of("AKIAIOSFODNN7EXAMPLE");
	settings.text[CREDS_SECRET] =
	    span_of("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
	settings.text[CREDS_TOKEN] = span_of(setup->token);
	setup->pool = creds_pool_open(&world);
	assert_non_null(setup->pool);
	return creds_pool_get(setup->pool, &settings);
}

static inline void open_store(struct setup *setup, const char *bucket_url,
    const char *download_url, const char *region, uint32_t put_ttl)
{
	const char *wrong;
	struct buf out;

	buf_init(&out, setup->bucket_memory, 256);
	assert_true(uri_base_parse(
	    span_of(bucket_url), &out, &setup->config.bucket, &wrong));
	buf_init(&out, setup->download_memory, 256);
	assert_true(uri_base_parse(
	    span_of(download_url), &out, &setup->config.download, &wrong));
	setup->config.region = span_of(region);
	setup->config.put_ttl = put_ttl;
	setup->store = s3_open(&setup->config, open_creds(setup));
	assert_non_null(setup->store);
}

static inline enum failure sign(
    struct setup *setup, const char *key, uint64_t size, int64_t now)
{
	const struct store_request request = {
		.key = span_of(key),
		.size = size,
		.type = span_of(setup->wanted),
		.now = now,
	};
	struct store_slot slot = { &setup->put, &setup->get, 0, &setup->type };
	struct refusal why = { 0 };
	enum failure failure;

	buf_init(&setup->put, setup->put_memory, sizeof setup->put_memory);
	buf_init(&setup->get, setup->get_memory, sizeof setup->get_memory);
	buf_init(&setup->type, setup->type_memory, sizeof setup->type_memory);
	failure =
	    setup->store->class->sign(setup->store, &request, &slot, &why);
	if (failure == FAILURE_NONE)
		assert_int_equal(slot.expires, now + setup->config.put_ttl);
	return failure;
}

static inline void close_store(struct setup *setup)
{
	setup->store->class->close(setup->store);
	creds_pool_close(setup->pool);
	setup->pool = NULL;
}

#define CAT_KEY "abc/tr\xc3\xa8s cool+&.jpg"

#endif
