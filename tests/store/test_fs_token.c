#include "store/fs_fixture.h"

#include "core/base64.h"
#include "slot/media_type.h"

/*
 * The expected tokens were made by python3:
 *   p = bytes([1]) + struct.pack('>QQ', expires, size) + type
 *   m = hmac.new(SECRET_ONE, pack('>Q', len(key)) + key
 *         + pack('>Q', len(p)) + p, sha256).digest()[:16]
 *   urlsafe_b64encode(p) + '.' + urlsafe_b64encode(m), without '='
 */
#define LONG_KEY "AAAAAAAAAAAAAAAAAAAAAA/tr\xc3\xa8s cool.jpg"
#define LONG_TOKEN "AQAAAABnQM84AAAAAAAAW6BpbWFnZS9qcGVn.wZkR_h066KY3TeLHT1w2wA"
#define LATEST 1732300600

static enum failure check(const struct place *place, const char *token,
    const char *key, int64_t now, struct grant *ret_grant)
{
	return place->fs->class->check_upload(
	    place->fs, span_of(token), span_of(key), now, ret_grant);
}

static void test_sign_makes_the_published_token(void **state)
{
	struct place *place = *state;
	char put_memory[6144], get_memory[6144];
	struct buf put_url, get_url;
	struct store_slot slot = { &put_url, &get_url, 0, NULL };
	struct refusal why = { 0 };
	const struct store_request request = {
		.key = span_of(LONG_KEY),
		.size = 23456,
		.type = span_of("image/jpeg"),
		.now = NOW,
	};
	struct store *store = place->fs;

	buf_init(&put_url, put_memory, sizeof put_memory);
	buf_init(&get_url, get_memory, sizeof get_memory);
	assert_int_equal(store->class->sign(store, &request, &slot, &why), 0);
	assert_string_equal(put_memory, PUBLIC
	    "/u/" LONG_TOKEN "/AAAAAAAAAAAAAAAAAAAAAA/tr%C3%A8s%20cool.jpg");
	assert_string_equal(get_memory,
	    PUBLIC "/f/AAAAAAAAAAAAAAAAAAAAAA/tr%C3%A8s%20cool.jpg");
	assert_int_equal(slot.expires, LATEST);
	assert_false(is_there(in_store(place, "AAAAAAAAAAAAAAAAAAAAAA")));
}

static void test_genuine(void **state)
{
	struct grant grant;

	assert_int_equal(check(*state, LONG_TOKEN, LONG_KEY, NOW, &grant), 0);
	assert_int_equal(grant.size, 23456);
	assert_int_equal(grant.type_len, 10);
	assert_string_equal(grant.type, "image/jpeg");
	/* No type named, no bytes. */
	assert_int_equal(
	    check(*state, "AQAAAABnQM84AAAAAAAAAAA.RaW9mNcubZoCNXax71E7sg", "k",
		NOW, &grant),
	    0);
	assert_int_equal(grant.size, 0);
	assert_int_equal(grant.type_len, 0);
	assert_string_equal(grant.type, "");
}

static void test_longest_type(void **state)
{
	struct place *place = *state;
	char type[MEDIA_TYPE_MAX + 2], put_memory[6144], get_memory[6144];
	struct buf put_url, get_url;
	struct store_slot slot = { &put_url, &get_url, 0, NULL };
	struct refusal why = { 0 };
	struct store_request request = {
		.key = span_of("k"),
		.size = 5,
		.type = { type, 255 },
		.now = NOW,
	};
	struct store *store = place->fs;
	struct grant grant;
	size_t start = strlen(PUBLIC "/u/");

	memset(type, 'x', sizeof type);
	type[1] = '/';
	buf_init(&put_url, put_memory, sizeof put_memory);
	buf_init(&get_url, get_memory, sizeof get_memory);
	assert_int_equal(store->class->sign(store, &request, &slot, &why), 0);
	/* 272 bytes are 363 letters, a dot, 22 letters, "/k". */
	assert_int_equal(put_url.len, start + 386 + 2);
	assert_int_equal(store->class->check_upload(place->fs,
			     (struct span){ put_memory + start, 386 },
			     span_of("k"), NOW, &grant),
	    0);
	assert_int_equal(grant.type_len, 255);
	assert_memory_equal(grant.type, type, 255);
	request.type.len = 256;
	assert_int_equal(
	    store->class->sign(store, &request, &slot, &why), FAILURE_INTERNAL);
}

static void test_late(void **state)
{
	struct grant grant;

	memset(&grant, 0x5a, sizeof grant);
	assert_int_equal(check(*state, LONG_TOKEN, LONG_KEY, LATEST, &grant),
	    FAILURE_SLOT_EXPIRED);
	assert_int_equal(
	    check(*state, LONG_TOKEN, LONG_KEY, LATEST + 100000, &grant),
	    FAILURE_SLOT_EXPIRED);
	assert_int_equal(((unsigned char *)&grant)[0], 0x5a);
	assert_int_equal(
	    check(*state, LONG_TOKEN, LONG_KEY, LATEST - 1, &grant), 0);
	/* Who forges is not told about time. */
	assert_int_equal(check(*state, LONG_TOKEN, "k", LATEST, &grant),
	    FAILURE_SLOT_INVALID);
}

static void test_each_letter_counts(void **state)
{
	struct store *store = ((struct place *)*state)->fs;
	char token[] = LONG_TOKEN;
	struct grant grant;

	for (size_t i = 0; token[i]; i++) {
		const char was = token[i];

		for (const char *other = "Ab0_-.=/ "; *other; other++) {
			if (*other == was)
				continue;
			token[i] = *other;
			assert_int_equal(
			    check(*state, token, LONG_KEY, NOW, &grant),
			    FAILURE_SLOT_INVALID);
		}
		token[i] = was;
	}
	assert_int_equal(check(*state, token, LONG_KEY, NOW, &grant), 0);
	for (size_t len = 0; len < strlen(token); len++)
		assert_int_equal(store->class->check_upload(store,
				     (struct span){ token, len },
				     span_of(LONG_KEY), NOW, &grant),
		    FAILURE_SLOT_INVALID);
}

/* Rewrites one byte of the payload (0: version, 8: expires, 16: size, 17: the
 * type) and leaves the MAC as it was. */
static void test_each_field_counts(void **state)
{
	static const size_t places[] = { 0, 1, 8, 9, 16, 17, 26 };
	const char *mac = strchr(LONG_TOKEN, '.');
	struct grant grant;

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		uint8_t payload[64];
		char memory[128];
		struct buf forged;
		size_t len;

		assert_true(base64url_decode(
		    span_first(span_of(LONG_TOKEN), (size_t)(mac - LONG_TOKEN)),
		    sizeof payload, payload, &len));
		assert_int_equal(len, 27);
		payload[places[i]] ^= 1;
		buf_init(&forged, memory, sizeof memory);
		base64url_encode(&forged, payload, len);
		buf_text(&forged, mac);
		assert_int_equal(check(*state, memory, LONG_KEY, NOW, &grant),
		    FAILURE_SLOT_INVALID);
	}
}

static void test_other_keys(void **state)
{
	static const char *const keys[] = { "", "k",
		"AAAAAAAAAAAAAAAAAAAAAA/tr\xc3\xa8s cool.jp",
		"AAAAAAAAAAAAAAAAAAAAAA/tr\xc3\xa8s cool.jpgg",
		"AAAAAAAAAAAAAAAAAAAAAA/../AAAAAAAAAAAAAAAAAAAAAA/tr\xc3\xa8s "
		"cool.jpg",
		"AAAAAAAAAAAAAAAAAAAAAA//tr\xc3\xa8s cool.jpg",
		"/AAAAAAAAAAAAAAAAAAAAAA/tr\xc3\xa8s cool.jpg", ".key" };
	struct grant grant;

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		assert_int_equal(
		    check(*state, LONG_TOKEN, keys[i], NOW, &grant),
		    FAILURE_SLOT_INVALID);
}

static void test_strange_tokens(void **state)
{
	static const char *const tokens[] = { "", ".", "..", "AQ.AQ",
		LONG_TOKEN ".", LONG_TOKEN "A", "." LONG_TOKEN,
		LONG_TOKEN "." LONG_TOKEN,
		/* A right MAC behind version 2. */
		"AgAAAABnQM84AAAAAAAAAAA.cng4__IZbWgl3yomF_Cleg",
		/* The MAC of key and payload joined without lengths. */
		"AQAAAABnQM84AAAAAAAAAAc.S_U5w66eQiBV8yGGynNJ-Q" };
	struct grant grant;

	for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
		assert_int_equal(check(*state, tokens[i], "k", NOW, &grant),
		    FAILURE_SLOT_INVALID);
}

static void test_rotation(void **state)
{
	static const char one[] =
	    "AQAAAABnQM84AAAAAAAAAAA.RaW9mNcubZoCNXax71E7sg";
	static const char two[] =
	    "AQAAAABnQM84AAAAAAAAAAA.Z7mTySq4NrdtO6e3BZ01yA";
	struct place *place = *state;
	struct grant grant;

	assert_int_equal(
	    check(place, two, "k", NOW, &grant), FAILURE_SLOT_INVALID);
	ring_add(&place->ring, SECRET_TWO);
	assert_int_equal(check(place, one, "k", NOW, &grant), 0);
	assert_int_equal(check(place, two, "k", NOW, &grant), 0);
	place->ring.roots[0] = place->ring.roots[1];
	place->ring.count = 1;
	assert_int_equal(check(place, two, "k", NOW, &grant), 0);
	assert_int_equal(
	    check(place, one, "k", NOW, &grant), FAILURE_SLOT_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		place_test(test_sign_makes_the_published_token),
		place_test(test_genuine),
		place_test(test_longest_type),
		place_test(test_late),
		place_test(test_each_letter_counts),
		place_test(test_each_field_counts),
		place_test(test_other_keys),
		place_test(test_strange_tokens),
		place_test(test_rotation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
