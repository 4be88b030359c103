#include "store/s3_fixture.h"

#include "slot/grant.h"

/* A store with a relay: slots lead to slotd, and slotd's own PUT to the store
 * is signed as ever. Signatures by botocore. */

#define BUCKET "https://my-bucket.s3.us-east-2.amazonaws.com"
#define PUBLIC "https://upload.example.org"
#define CAT_PATH "/abc/tr%C3%A8s%20cool%2B%26.jpg"
#define SECRET "fake-put-secret-one-for-tests-only"

#define SIGNED(names)                                                          \
	BUCKET CAT_PATH                                                        \
	    "?X-Amz-Algorithm=AWS4-HMAC-SHA256"                                \
	    "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-2"    \
	    "%2Fs3%2Faws4_request"                                             \
	    "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=300"                   \
	    "&X-Amz-SignedHeaders=" names

struct relayed {
	struct setup setup;
	struct keyring ring;
};

static void open_relayed(struct relayed *relayed)
{
	struct s3_config *config = &relayed->setup.config;

	hmac_key_init(&relayed->ring.roots[0].put, span_of(SECRET));
	relayed->ring.count = 1;
	config->name = span_of("default");
	config->relay = true;
	config->public_url = span_of(PUBLIC);
	config->keyring = &relayed->ring;
	open_store(&relayed->setup, BUCKET, BUCKET, "us-east-2", 600);
}

#define EXPIRES "x-amz-meta-expires: 2013-05-25T00:00:00Z"

/* The PUT by which slotd sends a file on. */
static void expect_own(struct relayed *relayed, const char *type, int64_t until,
    const char *url, const char *header)
{
	struct setup *setup = &relayed->setup;
	const struct store_request request = {
		.key = span_of(CAT_KEY),
		.size = 23456,
		.type = span_of(type),
		.now = NOW,
		.until = until,
		.note_until = until != 0,
	};
	char until_memory[64], name_memory[64];
	struct buf until_header, name;
	struct store_forward forward = { &setup->put, &setup->type,
		&until_header, &name };
	struct refusal why = { 0 };

	buf_init(&setup->put, setup->put_memory, sizeof setup->put_memory);
	buf_init(&setup->type, setup->type_memory, sizeof setup->type_memory);
	buf_init(&until_header, until_memory, sizeof until_memory);
	buf_init(&name, name_memory, sizeof name_memory);
	assert_int_equal(setup->store->class->forward(
			     setup->store, &request, &forward, &why),
	    FAILURE_NONE);
	expect_buf(&setup->put, url);
	expect_buf(&setup->type, type);
	expect_buf(&until_header, header);
	expect_buf(&name, "default/" CAT_KEY);
}

static void test_slots_lead_to_slotd(void **state)
{
	static struct relayed relayed;
	const size_t start = strlen(PUBLIC "/u/");
	struct setup *setup = &relayed.setup;
	struct grant grant;
	struct span token;

	(void)state;
	open_relayed(&relayed);
	setup->wanted = "image/jpeg";
	assert_int_equal(sign(setup, CAT_KEY, 23456, NOW), FAILURE_NONE);
	token = span_from(buf_span(&setup->put), start);
	token = span_first(token, span_find(token, '/'));
	expect_span(span_first(buf_span(&setup->put), start), PUBLIC "/u/");
	expect_span(
	    span_from(buf_span(&setup->put), start + token.len), CAT_PATH);
	expect_buf(&setup->get, BUCKET CAT_PATH);
	expect_buf(&setup->type, "");
	assert_int_equal(grant_check(&relayed.ring, span_of("default"), token,
			     span_of(CAT_KEY), NOW + 599, &grant),
	    FAILURE_NONE);
	assert_int_equal(grant.size, 23456);
	assert_string_equal(grant.type, "image/jpeg");
	assert_int_equal(grant_check(&relayed.ring, span_of("default"), token,
			     span_of(CAT_KEY), NOW + 600, &grant),
	    FAILURE_SLOT_EXPIRED);
	close_store(setup);
}

static void test_the_relay_signs_for_itself(void **state)
{
	static struct relayed relayed;

	(void)state;
	open_relayed(&relayed);
	expect_own(&relayed, "image/jpeg", 0,
	    SIGNED("content-length%3Bhost") "&X-Amz-Signature="
					    "cf704cea4cbd84000db23a8ffa0617c593"
					    "f9f5e48b8e066a7ddc8bf4e85af1d3",
	    "");
	expect_own(&relayed, "image/jpeg", NOW + DAY,
	    SIGNED(
		"content-length%3Bhost%3Bx-amz-meta-expires") "&X-Amz-"
							      "Signature="
							      "f9d972a55c2110f2"
							      "10769d15d9edbb1b"
							      "56c2b53439354139"
							      "897b6d3b6554811"
							      "b",
	    EXPIRES);
	close_store(&relayed.setup);
}

static void test_all_that_can_be_signed(void **state)
{
	static struct relayed relayed;

	(void)state;
	relayed.setup.config.sign_content_type = true;
	open_relayed(&relayed);
	expect_own(&relayed, "image/jpeg", NOW + DAY,
	    SIGNED("content-length%3Bcontent-type%3Bhost"
		   "%3Bx-amz-meta-expires") "&X-Amz-Signature="
					    "4c0d448bb3e35ba9d5fbc5e0b571fc5926"
					    "b84497293e7bb9c028050c67a40af5",
	    EXPIRES);
	close_store(&relayed.setup);
}

static void test_set_public(void **state)
{
	static struct relayed relayed;

	(void)state;
	relayed.setup.config.set_public = true;
	open_relayed(&relayed);
	expect_own(&relayed, "", 0,
	    SIGNED("content-length%3Bhost") "&x-amz-acl=public-read"
					    "&X-Amz-Signature="
					    "a14566ce3f7c9e04797d760337c0261174"
					    "88a4c9410108280378770ef74d1678",
	    "");
	close_store(&relayed.setup);
}

static void test_without_a_key(void **state)
{
	static struct relayed relayed;

	(void)state;
	open_relayed(&relayed);
	relayed.ring.count = 0;
	assert_int_equal(
	    sign(&relayed.setup, CAT_KEY, 1, NOW), FAILURE_INTERNAL);
	close_store(&relayed.setup);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slots_lead_to_slotd),
		cmocka_unit_test(test_the_relay_signs_for_itself),
		cmocka_unit_test(test_all_that_can_be_signed),
		cmocka_unit_test(test_set_public),
		cmocka_unit_test(test_without_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
