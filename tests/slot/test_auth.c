#include "expect.h"

#include "slot/auth.h"

#include <stdio.h>

#define NOW 1732300000
#define BODY                                                                   \
	"{\"jid\":\"juliet@example.org\",\"filename\":\"cat.jpg\",\"size\":"   \
	"1234}"
/* The contract's test vector; the others by openssl dgst -hmac. */
#define SIG "6b5976433c113015c0e115df01c2409281aef14d57de4e59e61f4ceeb8bac0f2"
#define SECOND_SIG                                                             \
	"9f490d3ec85b403e23c325edc8dd929fb008c35d09397e5fcdc9a107f092e878"
#define LIMITS_SIG                                                             \
	"8892a2cc95c864a68951d2059962c842eea366ce861282bfd547b26a1f484641"
#define HEADER                                                                 \
	"Slot-HMAC-SHA256 id=prosody, ts=1732300000, nonce=b6c0a1d2e3f40516, " \
	"sig=" SIG

struct setup {
	struct auth auth;
	struct caller callers[2];
	struct names ids;
	struct names_place places[4];
};

static int open_auth(void **state)
{
	static struct setup setup;
	const struct replay_config config = { 300, 1000, { 1 } };
	const uint8_t random[32] = { 7 };

	memset(&setup, 0, sizeof setup);
	setup.callers[0].id = span_of("ejabberd");
	setup.callers[0].secret_count = 1;
	hmac_key_init(
	    &setup.callers[0].secrets[0], span_of("0123456789abcdef"));
	setup.callers[1].id = span_of("prosody");
	setup.callers[1].secret_count = 2;
	hmac_key_init(&setup.callers[1].secrets[0],
	    span_of("correct horse battery staple"));
	hmac_key_init(&setup.callers[1].secrets[1],
	    span_of("a second secret of 26 byte"));
	names_init(&setup.ids, setup.places, 2);
	names_add(&setup.ids, span_of("ejabberd"), 0);
	names_add(&setup.ids, span_of("prosody"), 1);
	auth_init(&setup.auth, setup.callers, &setup.ids, replay_open(&config),
	    random);
	for (size_t i = 0; i < 2; i++)
		setup.callers[i].number =
		    replay_caller(setup.auth.replay, setup.callers[i].id);
	replay_share(setup.auth.replay, 2);
	*state = &setup;
	return 0;
}

static int close_auth(void **state)
{
	struct setup *setup = *state;

	replay_close(setup->auth.replay);
	auth_done(&setup->auth);
	return 0;
}

/* By what was checked last. */
static struct auth_claim claimed;

static enum failure check(struct setup *setup, const char *header,
    const char *body, int64_t now, const char **ret_reason)
{
	const struct auth_request request = {
		.header = { header, header ? strlen(header) : 0 },
		.method = span_of("POST"),
		.base_path = SPAN_EMPTY,
		.target = span_of("/slot"),
		.body = span_of(body),
		.now = now,
	};
	struct auth_claim claim = { 0 };
	struct refusal why = { 0 };
	enum failure failure = auth_check(&setup->auth, &request, &claim, &why);

	if (failure == FAILURE_NONE)
		assert_ptr_equal(claim.caller, &setup->callers[1]);
	claimed = claim;
	*ret_reason = why.reason ? why.reason : "";
	return failure;
}

static void test_the_vector_passes_once(void **state)
{
	const char *reason;

	assert_int_equal(
	    check(*state, HEADER, BODY, NOW, &reason), FAILURE_NONE);
	assert_int_equal(
	    check(*state, HEADER, BODY, NOW + 1, &reason), FAILURE_REPLAYED);
}

static void test_a_refused_request_keeps_its_nonce(void **state)
{
	const char *reason;

	assert_int_equal(
	    check(*state, HEADER, "other", NOW, &reason), FAILURE_UNAUTHORIZED);
	assert_string_equal(reason, "wrong signature");
	assert_string_equal(claimed.caller->id.at, "prosody");
	assert_int_equal(claimed.ts, NOW);
	assert_memory_equal(claimed.nonce.at, "b6c0a1d2e3f40516", 16);
	assert_int_equal(check(*state, HEADER, BODY, NOW + 301, &reason),
	    FAILURE_CLOCK_SKEW);
	assert_int_equal(check(*state, HEADER, BODY, NOW - 301, &reason),
	    FAILURE_CLOCK_SKEW);
	assert_int_equal(
	    check(*state, HEADER, BODY, NOW + 300, &reason), FAILURE_NONE);
}

static void test_a_second_secret_is_as_good(void **state)
{
	const char *reason;

	assert_int_equal(
	    check(*state,
		"slot-hmac-sha256 sig=" SECOND_SIG
		" ,nonce=\"b6c0a1d2e3f40518\",future=1, TS=1732300000 ,"
		"id = prosody",
		"x", NOW, &reason),
	    FAILURE_NONE);
}

static void test_malformed_headers(void **state)
{
	static const char *const headers[] = {
		NULL,
		"",
		"Slot-HMAC-SHA256",
		"Slot-HMAC-SHA256 ",
		"Basic id=prosody, ts=1732300000, nonce=b6c0a1d2e3f40516, "
		"sig=" SIG,
		HEADER ", id=prosody",
		HEADER ",",
		HEADER " x",
		"Slot-HMAC-SHA256 ts=1732300000, nonce=b6c0a1d2e3f40516, "
		"sig=" SIG,
		"Slot-HMAC-SHA256 id=prosody, nonce=b6c0a1d2e3f40516, "
		"sig=" SIG,
		"Slot-HMAC-SHA256 id=prosody, ts=1732300000, sig=" SIG,
		"Slot-HMAC-SHA256 id=prosody, ts=1732300000, "
		"nonce=b6c0a1d2e3f40516",
		"Slot-HMAC-SHA256 id=prosody, ts=01732300000, "
		"nonce=b6c0a1d2e3f40516, sig=" SIG,
		"Slot-HMAC-SHA256 id=prosody, ts=+1732300000, "
		"nonce=b6c0a1d2e3f40516, sig=" SIG,
		"Slot-HMAC-SHA256 id=prosody, ts=1732300000000, "
		"nonce=b6c0a1d2e3f40516, sig=" SIG,
		"Slot-HMAC-SHA256 id=prosody, ts=1732300000, nonce=b6c0a1d, "
		"sig=" SIG,
		"Slot-HMAC-SHA256 id=prosody, ts=1732300000, "
		"nonce=b6c0a1d2e3f4051., sig=" SIG,
		"Slot-HMAC-SHA256 id=prosody, ts=1732300000, "
		"nonce=b6c0a1d2e3f40516, sig=" SIG "0",
		"Slot-HMAC-SHA256 id=prosody, ts=1732300000, "
		"nonce=b6c0a1d2e3f40516, "
		"sig=6B5976433C113015C0E115DF01C2409281AEF14D57DE4E59E61F4CEEB"
		"8BAC0F2",
		"Slot-HMAC-SHA256 id=\"pros\\ody\", ts=1732300000, "
		"nonce=b6c0a1d2e3f40516, sig=" SIG,
		"Slot-HMAC-SHA256 id=\"prosody, ts=1732300000",
		"Slot-HMAC-SHA256 id=nobody, ts=1732300000, "
		"nonce=b6c0a1d2e3f40516, sig=" SIG,
		"Slot-HMAC-SHA256 id=ejabberd, ts=1732300000, "
		"nonce=b6c0a1d2e3f40516, sig=" SIG,
	};
	const char *reason;

	for (size_t i = 0; i < COUNT_OF(headers); i++)
		if (check(*state, headers[i], BODY, NOW, &reason) !=
			FAILURE_UNAUTHORIZED ||
		    !*reason)
			fail_msg("taken: %s", headers[i]);
	assert_int_equal(
	    check(*state, HEADER, BODY, NOW, &reason), FAILURE_NONE);
}

static void test_a_long_header_is_refused(void **state)
{
	char header[600];
	const char *reason;

	snprintf(header, sizeof header, HEADER ", pad=%0*d",
	    (int)(513 - sizeof HEADER - 6), 0);
	assert_int_equal(strlen(header), 512);
	assert_int_equal(
	    check(*state, header, BODY, NOW, &reason), FAILURE_NONE);
	snprintf(header, sizeof header, HEADER ", pad=%0*d",
	    (int)(514 - sizeof HEADER - 6), 0);
	assert_int_equal(strlen(header), 513);
	assert_int_equal(
	    check(*state, header, BODY, NOW, &reason), FAILURE_UNAUTHORIZED);
}

static void test_signs_what_it_takes(void **state)
{
	const struct setup *setup = *state;
	const struct auth_request request = {
		.method = span_of("GET"),
		.base_path = span_of("/up"),
		.target = span_of("/limits?domain=example.org"),
		.body = SPAN_EMPTY,
		.now = NOW,
	};
	char memory[512];
	struct buf out;

	buf_init(&out, memory, sizeof memory);
	auth_sign(
	    &setup->callers[1], &request, span_of("b6c0a1d2e3f40517"), &out);
	expect_buf(&out, "Slot-HMAC-SHA256 id=prosody, ts=1732300000, "
			 "nonce=b6c0a1d2e3f40517, sig=" LIMITS_SIG);
}

static void test_domains(void **state)
{
	const struct span domains[] = { span_of("example.org"),
		span_of("*.example.net") };
	struct names_place places[4] = { 0 };
	struct caller caller = { 0 };

	(void)state;
	assert_true(auth_allows(&caller, span_of("anything.example")));
	caller.allow_domains = domains;
	caller.allow_domain_count = 2;
	names_init(&caller.allowed, places, 2);
	names_add(&caller.allowed, domains[0], 0);
	names_add(&caller.allowed, domains[1], 1);
	assert_true(auth_allows(&caller, span_of("example.org")));
	assert_true(auth_allows(&caller, span_of("a.b.example.net")));
	assert_false(auth_allows(&caller, span_of("example.net")));
	assert_false(auth_allows(&caller, span_of("notexample.net")));
	assert_false(auth_allows(&caller, span_of("a.example.org")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_the_vector_passes_once, open_auth, close_auth),
		cmocka_unit_test_setup_teardown(
		    test_a_refused_request_keeps_its_nonce, open_auth,
		    close_auth),
		cmocka_unit_test_setup_teardown(
		    test_a_second_secret_is_as_good, open_auth, close_auth),
		cmocka_unit_test_setup_teardown(
		    test_malformed_headers, open_auth, close_auth),
		cmocka_unit_test_setup_teardown(
		    test_a_long_header_is_refused, open_auth, close_auth),
		cmocka_unit_test_setup_teardown(
		    test_signs_what_it_takes, open_auth, close_auth),
		cmocka_unit_test(test_domains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
