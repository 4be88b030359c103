#include "expect.h"

#include "slot/key_template.h"

#define RANDOM "AAECAwQFBgcICQoLDA0ODw"
/* By Python's hmac, for LINE and juliet@example.org. */
#define LINE "not-a-real-key-not-a-real-key-0001"
#define USER "kG69ozvqTh3-_Xh5lqXkiw"
#define OWNER "OWRWtf9q2MjuQlbjmBb_4A"

static struct key_template parse(const char *text)
{
	struct key_template template;
	const char *sentence = NULL;

	if (!key_template_parse(span_of(text), &template, &sentence))
		fail_msg("%s: %s", text, sentence);
	return template;
}

static const char *const wrong[] = { "", "x", "{filename}", "{owner}/{user}",
	"/{random}", "{random}/", "{random}//{filename}", "{random}/a//b",
	"{random}/{file}", "{random}/{}", "{random}/{Random}", "{random",
	"{random}/{filename", "{random}}", "{{random}}", "{random}/.x",
	".x{random}", "..{random}", "{random}/../x", "{random}/./x",
	"{random} ", "{random}/a b", "{random}/a%20b", "{random}?x",
	"{random}#", "{random}\\x", "{random}/\xc3\xa9", "{random}/a\n",
	"{random}:x" };

static void test_parse_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct key_template template = { .count = 77 };
		const char *sentence = NULL;
		if (key_template_parse(span_of(wrong[i]), &template, &sentence))
			fail_msg("taken: %s", wrong[i]);
		assert_non_null(sentence);
		assert_int_equal(template.count, 77);
	}
}

static void test_parse_limit(void **state)
{
	(void)state;
	char memory[512];
	struct buf text;
	struct key_template template;
	const char *sentence = NULL;

	buf_init(&text, memory, sizeof(memory));
	buf_text(&text, "{random}");
	for (unsigned i = 1; i < KEY_TEMPLATE_PARTS; i++)
		buf_text(&text, "{date}");
	assert_true(key_template_parse(buf_span(&text), &template, &sentence));
	assert_int_equal(template.count, KEY_TEMPLATE_PARTS);
	buf_text(&text, "x");
	assert_false(key_template_parse(buf_span(&text), &template, &sentence));
	assert_non_null(sentence);
}

/* Where it stands is certain: counted from an end of the key, or behind a byte
 * that the part of any length beside it cannot have. */
static const char *const certain[] = { "{filename}/{random}/{filename}",
	"{random}{filename}", "{filename}{random}", "{domain}-{random}",
	"{date}{random}-{filename}", "{filename}-{random}{date}",
	"{ext}-{random}-{filename}", "{filename}-{random}.{ext}",
	"{filename}{random}.{ext}", "{domain}/{filename}-{random}",
	"{filename}/x{random}{filename}", "{filename}{random}x/{filename}",
	"{owner}{random}{user}{filename}", "{filename}{user}{owner}{random}",
	"{ext}.{random}{ext}", "{ext}{random}.{ext}",
	"{random}/{filename}/{owner}/{domain}",
	"{domain}-{filename}/{random}/{domain}-{filename}",
	"{ext}{filename}/{random}-{filename}/{filename}{ext}",
	"{domain}.{ext}{date}/x{owner}/{random}/{filename}{date}{ext}" };

static const char *const uncertain[] = { "{filename}{random}{filename}",
	"{filename}-{random}-{filename}", "{domain}-{random}-{filename}",
	"{domain}.{random}.{filename}", "{filename}{random}{ext}",
	"{filename}.{random}{ext}", "{ext}{random}{ext}",
	"{ext}x{random}x{ext}", "{ext}{date}-{random}-{filename}",
	"{filename}-{random}.{date}{ext}", "{filename}-{random}-{domain}.{ext}",
	"a/{filename}{random}{filename}/b",
	"{random}/{filename}{random}{filename}",
	"{random}/{filename}{owner}{filename}",
	"{domain}.{user}.{filename}/{random}" };

static void test_random_is_found_again(void **state)
{
	struct key_template template;
	const char *sentence;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(certain); i++)
		parse(certain[i]);
	for (size_t i = 0; i < COUNT_OF(uncertain); i++) {
		if (key_template_parse(
			span_of(uncertain[i]), &template, &sentence))
			fail_msg("taken: %s", uncertain[i]);
		assert_memory_equal(
		    sentence, "{random}, {owner} and {user} cannot", 35);
	}
}

/* Names that look like what is looked for. */
static void test_names_do_not_mislead(void **state)
{
	static const struct {
		const char *template;
		const char *key;
	} vectors[] = {
#define X "xxxxxxxxxxxxxxxxxxxxxx"
		{ "{filename}-{random}.{ext}",
		    X "." X "-" X "-" RANDOM ".jpg" },
		{ "{ext}-{random}-{filename}", "jpg-" RANDOM "-" X "-" X },
		{ "{filename}/x{random}{filename}", X "/x" RANDOM X },
		{ "{filename}{random}x/{filename}", X RANDOM "x/" X },
		{ "{domain}-{filename}/{random}/{domain}-{filename}",
		    "a-b-" X "/" RANDOM "/a-b-" X },
#undef X
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		struct key_template template = parse(vectors[i].template);
		struct key_reading reading;

		assert_true(key_template_read(
		    &template, span_of(vectors[i].key), &reading));
		expect_span(reading.random, RANDOM);
	}
}

static void test_needs_key(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool want;
	} vectors[] = {
		{ "{random}/{filename}", false },
		{ "{random}/{owner}/{filename}", true },
		{ "{user}/{random}", true },
		{ "user/owner/{random}.{ext}", false },
	};

	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		struct key_template template = parse(vectors[i].text);
		assert_int_equal(
		    key_template_needs_key(&template), vectors[i].want);
	}
}

/* A key for juliet, with the bytes 0 to 15 for random ones. */
static void make(const char *text, const char *filename, bool plain,
    const struct keyring_root *root, struct buf *out)
{
	struct key_template template = parse(text);
	struct jid jid;
	const char *sentence;
	struct key_input input = {
		.jid = &jid,
		.filename = span_of(filename),
		.now = 1732300000, /* 2024-11-22 */
		.root = root,
		.plain = plain,
	};

	assert_true(
	    jid_parse(span_of("juliet@Example.org/balcony"), &jid, &sentence));
	for (unsigned i = 0; i < RANDOM_BYTES; i++)
		input.random[i] = (uint8_t)i;
	key_template_make(&template, &input, out);
}

static const struct {
	const char *template;
	const char *filename;
	bool plain;
	const char *want;
} keys[] = {
	{ "{random}/{filename}", "cat.jpg", false, RANDOM "/cat.jpg" },
	{ "{random}/{owner}/{filename}", "cat.jpg", false,
	    RANDOM "/" OWNER "/cat.jpg" },
	{ "u/{user}/{date}/{random}.{ext}", "cat.JPG", false,
	    "u/" USER "/2024-11-22/" RANDOM ".jpg" },
	{ "{domain}{random}", "cat", false, "example.org" RANDOM },
	{ "{random}.{ext}", "no-ending", false, RANDOM ".bin" },
	{ "a~b/{random}/{filename}", "tr\xc3\xa8s ~.jpg", false,
	    "a~b/" RANDOM "/tr\xc3\xa8s ~.jpg" },
	{ "a~b/{random}/{filename}", "tr\xc3\xa8s ~.jpg", true,
	    "a_b/" RANDOM "/tr_s__.jpg" },
	{ "{random}{random}", "x", false, RANDOM RANDOM },
};

static void test_make(void **state)
{
	(void)state;
	struct keyring keyring;
	const char *sentence;

	assert_true(keyring_read(&keyring, span_of(LINE), &sentence));
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		char memory[OBJECT_KEY_MAX + 1];
		struct buf out;
		buf_init(&out, memory, sizeof(memory));
		make(keys[i].template, keys[i].filename, keys[i].plain,
		    &keyring.roots[0], &out);
		expect_buf(&out, keys[i].want);
	}
	keyring_done(&keyring);
}

static void test_plain_domain(void **state)
{
	(void)state;
	struct key_template template = parse("{domain}/{random}");
	struct jid jid;
	const char *sentence;
	struct key_input input = { .jid = &jid, .plain = true };
	char memory[OBJECT_KEY_MAX + 1];
	struct buf out;

	assert_true(jid_parse(span_of("[::1]"), &jid, &sentence));
	buf_init(&out, memory, sizeof(memory));
	key_template_make(&template, &input, &out);
	expect_buf(&out, "___1_/AAAAAAAAAAAAAAAAAAAAAA");
}

static void test_make_reports(void **state)
{
	(void)state;
	char name[201];
	char memory[4096];
	struct buf out;

	/* No root for {owner}. */
	buf_init(&out, memory, sizeof(memory));
	make("{random}/{owner}", "x", false, NULL, &out);
	assert_false(buf_ok(&out));

	/* 23 + 200 bytes fit; so do 5 names, but 6 of them do not, however
	 * large the buffer. */
	memset(name, 'n', sizeof(name) - 1);
	name[200] = '\0';
	buf_init(&out, memory, 224);
	make("{random}/{filename}", name, false, NULL, &out);
	assert_true(buf_ok(&out));
	assert_int_equal(out.len, 223);
	buf_init(&out, memory, 223);
	make("{random}/{filename}", name, false, NULL, &out);
	assert_false(buf_ok(&out));
	buf_init(&out, memory, sizeof(memory));
	make("{random}{filename}{filename}{filename}{filename}{filename}.0",
	    name, false, NULL, &out);
	assert_true(buf_ok(&out));
	assert_int_equal(out.len, OBJECT_KEY_MAX);
	buf_init(&out, memory, sizeof(memory));
	make("{random}{filename}{filename}{filename}{filename}{filename}.01",
	    name, false, NULL, &out);
	assert_false(buf_ok(&out));
}

static void test_reads_what_it_makes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		struct key_template template = parse(keys[i].template);
		struct key_reading reading;
		assert_true(key_template_read(
		    &template, span_of(keys[i].want), &reading));
		expect_span(reading.random, RANDOM);
		expect_span(reading.owner,
		    strstr(keys[i].template, "{owner}") ? OWNER : "");
		expect_span(reading.user,
		    strstr(keys[i].template, "{user}") ? USER : "");
	}
}

static const struct {
	const char *template;
	const char *key;
	bool want;
} readings[] = {
	{ "{random}/{filename}", RANDOM "/x", true },
	{ "{random}/{filename}", RANDOM "/", false },
	{ "{random}/{filename}", RANDOM, false },
	{ "{random}/{filename}", "", false },
	{ "{random}/{filename}", RANDOM "/x/y", false },
	{ "{random}/{filename}", "a" RANDOM "/x", false },
	{ "{random}/{filename}", "AAECAwQFBgcICQoLDA0OD/x", false },
	{ "{random}/{filename}", "AAECAwQFBgcICQoLDA0OD./x", false },
	{ "{random}/x", RANDOM "/xx", false },
	{ "{random}/xx", RANDOM "/x", false },
	{ "{random}/x~", RANDOM "/x_", true },
	{ "{random}/x_", RANDOM "/x~", false },
	{ "{random}{random}", RANDOM "AAECAwQFBgcICQoLDA0ODg", false },
	{ "{date}/{random}", "2024-11-22/" RANDOM, true },
	{ "{date}/{random}", "2024-1122-/" RANDOM, false },
	{ "{date}/{random}", "20x4-11-22/" RANDOM, false },
	{ "{date}/{random}", "1999-09-09/" RANDOM, true },
	{ "{random}.{ext}", RANDOM ".jpg", true },
	{ "{random}.{ext}", RANDOM ".JPG", false },
	{ "{random}.{ext}", RANDOM ".az09", true },
	/* Parts of any length in front: it has to go back and try. */
	{ "{filename}-{random}", "a-b-c-" RANDOM, true },
	{ "{filename}{random}.{ext}", RANDOM ".x", false },
	{ "{filename}{random}.{ext}", RANDOM "." RANDOM ".x", true },
	{ "{domain}.{filename}.{ext}-{random}", "a.b.c-" RANDOM, true },
	{ "{domain}.{filename}.{ext}-{random}", "a.b-" RANDOM, false },
};

static void test_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(readings); i++) {
		struct key_template template = parse(readings[i].template);
		struct key_reading reading = { .user = { "untouched", 9 } };
		if (key_template_read(&template, span_of(readings[i].key),
			&reading) != readings[i].want)
			fail_msg(
			    "%s %s", readings[i].template, readings[i].key);
		if (readings[i].want)
			expect_span(reading.random, RANDOM);
		else
			expect_span(reading.user, "untouched");
	}
}

/* 31 parts of any length over 1024 bytes that nearly fit: no more work than
 * for others. A matcher that tried all ways would never end. */
static void test_read_is_bounded(void **state)
{
	(void)state;
	char text_memory[512];
	char key[OBJECT_KEY_MAX + 1];
	struct buf text;
	struct key_reading reading;

	buf_init(&text, text_memory, sizeof(text_memory));
	for (unsigned i = 1; i < KEY_TEMPLATE_PARTS; i++)
		buf_text(&text, "{filename}");
	buf_text(&text, "{random}");
	struct key_template template = parse(text_memory);
	memset(key, 'a', sizeof(key));
	assert_true(key_template_read(
	    &template, (struct span){ key, OBJECT_KEY_MAX }, &reading));
	assert_ptr_equal(reading.random.at, key + OBJECT_KEY_MAX - 22);
	assert_false(key_template_read(
	    &template, (struct span){ key, OBJECT_KEY_MAX + 1 }, &reading));
	key[OBJECT_KEY_MAX - 1] = '.';
	assert_false(key_template_read(
	    &template, (struct span){ key, OBJECT_KEY_MAX }, &reading));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_parse_limit),
		cmocka_unit_test(test_random_is_found_again),
		cmocka_unit_test(test_names_do_not_mislead),
		cmocka_unit_test(test_needs_key),
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_plain_domain),
		cmocka_unit_test(test_make_reports),
		cmocka_unit_test(test_reads_what_it_makes),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
