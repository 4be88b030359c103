#include "expect.h"

#include "slot/basic.h"

#include <stdio.h>
#include <string.h>

/* The credentials are by base64(1). */

static struct auth auth;
static struct caller callers[3];

static void add(size_t n, const char *id, enum dialect dialect,
    const char *first, const char *second)
{
	callers[n].id = span_of(id);
	callers[n].dialect = dialect;
	callers[n].secret_count = second ? 2 : 1;
	basic_digest(span_of(first), callers[n].passwords[0]);
	if (second)
		basic_digest(span_of(second), callers[n].passwords[1]);
}

/* By the ids that the callers have now. */
static void init_auth(void)
{
	static struct names_place places[8];
	const uint8_t random[32] = { 7 };
	struct names ids;

	memset(places, 0, sizeof places);
	names_init(&ids, places, 3);
	for (uint32_t i = 0; i < 3; i++)
		names_add(&ids, callers[i].id, i);
	auth_init(&auth, callers, &ids, NULL, random);
}

static int open_auth(void **state)
{
	(void)state;
	add(0, "prosody", DIALECT_SLOTD, "correct horse battery staple", NULL);
	add(1, "ejabberd", DIALECT_EJABBERD, "0123456789abcdef", NULL);
	add(2, "second", DIALECT_EJABBERD, "with:colons:and a blank",
	    "the second secret 16");
	init_auth();
	return 0;
}

/* By what was refused last. */
static const struct caller *claimed;

static const char *refused(const char *header)
{
	const struct caller *caller = NULL;
	struct refusal why = { 0 };

	assert_int_equal(
	    basic_check(&auth,
		(struct span){ header, header ? strlen(header) : 0 }, &caller,
		&why),
	    FAILURE_UNAUTHORIZED);
	assert_non_null(why.reason);
	claimed = caller;
	return why.reason;
}

static void passes(const char *header, const struct caller *expected)
{
	const struct caller *caller = NULL;
	struct refusal why = { 0 };

	assert_int_equal(
	    basic_check(&auth, span_of(header), &caller, &why), FAILURE_NONE);
	assert_ptr_equal(caller, expected);
}

static void test_right(void **state)
{
	(void)state;
	passes("Basic ZWphYmJlcmQ6MDEyMzQ1Njc4OWFiY2RlZg==", &callers[1]);
	passes("bASIC  ZWphYmJlcmQ6MDEyMzQ1Njc4OWFiY2RlZg== ", &callers[1]);
	passes("Basic c2Vjb25kOndpdGg6Y29sb25zOmFuZCBhIGJsYW5r", &callers[2]);
	passes("Basic c2Vjb25kOnRoZSBzZWNvbmQgc2VjcmV0IDE2", &callers[2]);
}

static void test_wrong(void **state)
{
	(void)state;
	assert_string_equal(
	    refused("Basic ZWphYmJlcmQ6MDEyMzQ1Njc4OWFiY2RlWA=="),
	    "wrong secret");
	assert_ptr_equal(claimed, &callers[1]);
	assert_string_equal(
	    refused("Basic bm9ib2R5OjAxMjM0NTY3ODlhYmNkZWY="), "unknown id");
	assert_null(claimed);
	/* A secret that signs opens nothing here. */
	assert_string_equal(
	    refused("Basic cHJvc29keTpjb3JyZWN0IGhvcnNlIGJhdHRlcnkgc3RhcGxl"),
	    "this caller's dialect is not ejabberd");
	/* "ejabberd:", "ejabberd" and the empty text */
	assert_string_equal(refused("Basic ZWphYmJlcmQ6"), "wrong secret");
	assert_string_equal(
	    refused("Basic ZWphYmJlcmQ="), "Basic without a colon");
	assert_string_equal(refused("Basic "), "Basic without a colon");
}

/* What is one key to HMAC is not one password. */
static void test_secrets_that_are_one_key(void **state)
{
	char secret[66] = "";

	(void)state;
	/* The secret and one NUL, and three. */
	assert_string_equal(
	    refused("Basic ZWphYmJlcmQ6MDEyMzQ1Njc4OWFiY2RlZgA="),
	    "wrong secret");
	assert_string_equal(
	    refused("Basic ZWphYmJlcmQ6MDEyMzQ1Njc4OWFiY2RlZgAAAA=="),
	    "wrong secret");
	/* 65 times s, and the SHA-256 of that. */
	memset(secret, 's', 65);
	add(1, "ejabberd", DIALECT_EJABBERD, secret, NULL);
	passes(
	    "Basic ZWphYmJlcmQ6c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nz"
	    "c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M=",
	    &callers[1]);
	assert_string_equal(
	    refused("Basic "
		    "ZWphYmJlcmQ6N1ofAJRuB5vaaCDUlM+BHBX0lgSkhK554iQ5jvTbVMM="),
	    "wrong secret");
	add(1, "ejabberd", DIALECT_EJABBERD, "0123456789abcdef", NULL);
}

static void test_malformed(void **state)
{
	static const char *const headers[] = {
		NULL,
		"",
		"BasicZWphYmJlcmQ6MDEyMzQ1Njc4OWFiY2RlZg==",
		"Basic ZWphYmJlcmQ6MDEyMzQ1Njc4OWFiY2RlZg=",
		"Basic ZWphYmJlcmQ6MDEyMzQ1Njc4OWFiY2RlZg",
		"Basic ZWphYmJlcmQ6MDEyMzQ1Njc4OWFiY2RlZg==, x",
		"Basic ZWphYmJlcmQ6 MDEyMzQ1Njc4OWFiY2RlZg==",
		"Bearer ZWphYmJlcmQ6MDEyMzQ1Njc4OWFiY2RlZg==",
		"Slot-HMAC-SHA256 id=ejabberd",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(headers); i++)
		refused(headers[i]);
}

/* The configuration takes secrets of up to 4096 bytes. */
static void test_the_longest(void **state)
{
	static char secret[4097], header[8192], id[65];
	static char plain[4200];
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t len;
	size_t at = 6;

	(void)state;
	memset(secret, 's', 4096);
	memset(id, 'i', 64);
	add(1, id, DIALECT_EJABBERD, secret, NULL);
	auth_done(&auth);
	init_auth();
	len = (size_t)snprintf(plain, sizeof plain, "%s:%s", id, secret);
	assert_int_equal(len % 3, 0); /* no padding */
	memcpy(header, "Basic ", 6);
	for (size_t i = 0; i < len; i += 3) {
		unsigned bits = (unsigned)plain[i] << 16 |
				(unsigned)plain[i + 1] << 8 |
				(unsigned)plain[i + 2];
		for (int shift = 18; shift >= 0; shift -= 6)
			header[at++] = letters[bits >> shift & 63];
	}
	passes(header, &callers[1]);
	memset(header + at, 'A', 200);
	assert_string_equal(refused(header), "Authorization is too long");
	add(1, "ejabberd", DIALECT_EJABBERD, "0123456789abcdef", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_secrets_that_are_one_key),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_the_longest),
	};

	return cmocka_run_group_tests(tests, open_auth, NULL);
}
