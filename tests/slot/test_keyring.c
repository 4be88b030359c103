#include "expect.h"

#include "slot/keyring.h"

#define LINE "not-a-real-key-not-a-real-key-0001"
#define OTHER "not-a-real-key-not-a-real-key-0002"
#define SHORTEST "0123456789abcdef0123456789abcdef"
#define RANDOM "AAECAwQFBgcICQoLDA0ODw"

static void expect_user_of(
    const char *text, const struct keyring_root *root, const char *want)
{
	struct jid jid;
	const char *sentence;
	char memory[KEYRING_TEXT + 1];
	struct buf out;

	assert_true(jid_parse(span_of(text), &jid, &sentence));
	buf_init(&out, memory, sizeof(memory));
	keyring_user(root, &jid, &out);
	expect_buf(&out, want);
}

static void expect_user(const struct keyring_root *root, const char *want)
{
	expect_user_of("juliet@Example.org/balcony", root, want);
	/* The local part counts in lower case. */
	expect_user_of("JulieT@example.org", root, want);
}

/* All by Python's hmac, from the rule in the header. */
static void test_derives(void **state)
{
	(void)state;
	struct keyring keyring;
	const char *sentence;
	struct jid jid;
	uint8_t mac[HASH_SIZE];
	char memory[64];
	struct buf out;

	assert_true(keyring_read(&keyring, span_of(LINE "\n"), &sentence));
	assert_int_equal(keyring.count, 1);
	expect_user(&keyring.roots[0], "kG69ozvqTh3-_Xh5lqXkiw");
	buf_init(&out, memory, sizeof(memory));
	assert_true(jid_parse(span_of("example.org"), &jid, &sentence));
	keyring_user(&keyring.roots[0], &jid, &out);
	expect_buf(&out, "OHRartU-D0r92atpGzSH6A");
	buf_reset(&out);
	assert_true(jid_parse(span_of("juliet@example.org"), &jid, &sentence));
	keyring_owner(&keyring.roots[0], span_of(RANDOM), &jid, &out);
	expect_buf(&out, "OWRWtf9q2MjuQlbjmBb_4A");
	buf_reset(&out);
	assert_true(jid_parse(span_of("JULIET@example.org"), &jid, &sentence));
	keyring_owner(&keyring.roots[0], span_of(RANDOM), &jid, &out);
	expect_buf(&out, "OWRWtf9q2MjuQlbjmBb_4A");
	hmac(&keyring.roots[0].put, span_of("x"), mac);
	expect_hex(mac, HASH_SIZE,
	    "18bca32a9ee1088552322263e8798b26"
	    "04f765fef755420f936f0b59870eea06");
	hmac(&keyring.roots[0].get, span_of("x"), mac);
	expect_hex(mac, HASH_SIZE,
	    "07859a808761d700221371e44b81e5e6"
	    "55eae785dc16dff9f25e2f4f862f66a2");
	keyring_done(&keyring);
	assert_int_equal(keyring.count, 0);
}

static void test_lines(void **state)
{
	(void)state;
	struct keyring keyring;
	const char *sentence;

	assert_true(keyring_read(&keyring,
	    span_of("\n  \r\n\t" LINE " \r\n\n" OTHER "\n" SHORTEST),
	    &sentence));
	assert_int_equal(keyring.count, 3);
	expect_user(&keyring.roots[0], "kG69ozvqTh3-_Xh5lqXkiw");
	keyring_done(&keyring);
}

static void test_refuses(void **state)
{
	(void)state;
	static const char *const wrong[] = { "", "\n", "  \n\n", "short\n",
		"0123456789abcdef0123456789abcde", LINE "\nshort\n",
		"   0123456789abcdef0123456789abcde   \n" };
	struct keyring keyring = { .count = 77 };
	char memory[1024];
	struct buf text;

	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		const char *sentence = NULL;
		assert_false(
		    keyring_read(&keyring, span_of(wrong[i]), &sentence));
		assert_non_null(sentence);
		assert_int_equal(keyring.count, 77);
	}
	buf_init(&text, memory, sizeof(memory));
	for (unsigned i = 0; i < KEYRING_MAX; i++)
		buf_text(&text, LINE "\n");
	const char *sentence = NULL;
	assert_true(keyring_read(&keyring, buf_span(&text), &sentence));
	assert_int_equal(keyring.count, KEYRING_MAX);
	keyring_done(&keyring);
	buf_text(&text, LINE);
	assert_false(keyring_read(&keyring, buf_span(&text), &sentence));
	assert_non_null(sentence);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_derives),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
