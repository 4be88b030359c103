#include "expect.h"

#include "core/uri.h"

static void test_encode(void **state)
{
	(void)state;
	char memory[800];
	struct buf out;

	buf_init(&out, memory, sizeof(memory));
	uri_encode(&out, span_of("a Z/9-._~*'()!+:@%\"\xc3\xa8\x7f"));
	expect_buf(
	    &out, "a%20Z%2F9-._~%2A%27%28%29%21%2B%3A%40%25%22%C3%A8%7F");
	buf_reset(&out);
	uri_encode_path(&out, span_of("/a b//c?d#e=&"));
	expect_buf(&out, "/a%20b//c%3Fd%23e%3D%26");
	buf_reset(&out);
	uri_encode(&out, SPAN_EMPTY);
	expect_buf(&out, "");
	uri_encode(&out, (struct span){ "\0", 1 });
	expect_buf(&out, "%00");
}

static void test_decode(void **state)
{
	(void)state;
	static const char *const wrong[] = { "%", "a%", "%2", "%g0", "%0g",
		"%%20", "a%00b", "%2 0" };
	char memory[16];
	struct buf out;

	buf_init(&out, memory, sizeof(memory));
	assert_true(uri_decode(&out, span_of("a%20b+c%2fd%2Fe%C3%a9%7E")));
	expect_buf(&out, "a b+c/d/e\xc3\xa9~");
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		buf_reset(&out);
		assert_false(uri_decode(&out, span_of(wrong[i])));
	}
	buf_reset(&out);
	assert_true(uri_decode(&out, span_of("%41bcdefghijklmn")));
	expect_buf(&out, "Abcdefghijklmn");
	buf_reset(&out);
	assert_false(uri_decode(&out, span_of("0123456789abcde%46")));
}

static void test_decode_undoes_encode(void **state)
{
	(void)state;
	char all[255];
	char encoded_memory[800];
	char memory[256];
	struct buf encoded;
	struct buf out;

	for (unsigned i = 0; i < sizeof(all); i++)
		all[i] = (char)(i + 1);
	buf_init(&encoded, encoded_memory, sizeof(encoded_memory));
	uri_encode(&encoded, (struct span){ all, sizeof(all) });
	/* 66 unreserved characters, 189 others. */
	assert_int_equal(encoded.len, 66 + 3 * 189);
	buf_init(&out, memory, sizeof(memory));
	assert_true(uri_decode(&out, buf_span(&encoded)));
	assert_int_equal(out.len, sizeof(all));
	assert_memory_equal(out.at, all, sizeof(all));
}

static const struct {
	const char *url;
	const char *normal;
	const char *scheme;
	const char *host;
	const char *path;
} bases[] = {
	{ "https://my-bucket.s3.us-east-2.amazonaws.com",
	    "https://my-bucket.s3.us-east-2.amazonaws.com", "https",
	    "my-bucket.s3.us-east-2.amazonaws.com", "" },
	{ "https://s3.example.org:9000/bucket/",
	    "https://s3.example.org:9000/bucket", "https",
	    "s3.example.org:9000", "/bucket" },
	{ "HTTP://S3.Example.ORG:80/Bucket/a%5cb%20//",
	    "http://s3.example.org/Bucket/a%5Cb%20", "http", "s3.example.org",
	    "/Bucket/a%5Cb%20" },
	/* The form that SigV4 signs (RFC 3986, sections 6.2.2.1 and .2). */
	{ "https://h/caf%c3%a9", "https://h/caf%C3%A9", "https", "h",
	    "/caf%C3%A9" },
	{ "https://h/%41%7a%30%2d%2E%5F%7E", "https://h/Az0-._~", "https", "h",
	    "/Az0-._~" },
	{ "https://h/a%2bb%3a%25%20%7f", "https://h/a%2Bb%3A%25%20%7F", "https",
	    "h", "/a%2Bb%3A%25%20%7F" },
	{ "https://h/%2E%2E%2E", "https://h/...", "https", "h", "/..." },
	{ "https://h:443/", "https://h", "https", "h", "" },
	{ "https://h:80", "https://h:80", "https", "h:80", "" },
	{ "http://h:443", "http://h:443", "http", "h:443", "" },
	{ "http://h:08080/~a_b.c-d//e", "http://h:8080/~a_b.c-d//e", "http",
	    "h:8080", "/~a_b.c-d//e" },
	{ "http://[2001:DB8::1]:9000/b", "http://[2001:db8::1]:9000/b", "http",
	    "[2001:db8::1]:9000", "/b" },
	{ "http://[::1]/..b", "http://[::1]/..b", "http", "[::1]", "/..b" },
	{ "http://127.0.0.1:9000", "http://127.0.0.1:9000", "http",
	    "127.0.0.1:9000", "" },
	{ "https://my_bucket.example", "https://my_bucket.example", "https",
	    "my_bucket.example", "" },
};

static void test_base(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bases); i++) {
		char memory[128];
		struct buf out;
		struct uri_base base;
		const char *sentence = NULL;
		buf_init(&out, memory, sizeof(memory));
		assert_true(uri_base_parse(
		    span_of(bases[i].url), &out, &base, &sentence));
		expect_buf(&out, bases[i].normal);
		expect_span(base.scheme, bases[i].scheme);
		expect_span(base.host, bases[i].host);
		expect_span(base.path, bases[i].path);
		assert_true(base.host.at > memory &&
			    base.host.at < memory + sizeof(memory));
		assert_null(sentence);
	}
}

static const char *const bad_bases[] = { "", "h", "ftp://h", "https:/h",
	"https//h", "https://", "https:///b", "https://:80/", "//h/b",
	"https://h:", "https://h:0", "https://h:65536", "https://h:8x",
	"https://h:-1", "https://h:80:80", "https://u@h", "https://u:p@h/b",
	"https://h?x=1", "https://h/b?x", "https://h/b#f", "https://h/a b",
	"https://h/b\"c", "https://h/b%2", "https://h/b%zz",
	"https://h/\xc3\xa9", "https://h/a+b", "https://h/a/../b",
	"https://h/a%2Fb", "https://h/a%2fb", "https://h/a%00", "https://h/%2E",
	"https://h/%2e%2E/b", "https://h/.%2e", "https://h/b%4",
	"https://h/%%41", "https://h/.", "https://h\\b", "https://.h",
	"https://h..i", "https://h.", "https://-h", "https://h-",
	"https://b\xc3\xbc"
	"cher.example",
	"https://[::1", "https://[]", "https://[::g]", "https://[::1]x",
	"https://[::1%25lo]", "https://::1", " https://h", "https://h ",
	"https://h/b\n", "http://127.1", "http://8888.8888888:80/b",
	"http://1.2.3.4.5", "http://01.2.3.4", "http://1.2.3.256" };

static void test_base_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad_bases); i++) {
		char memory[128];
		struct buf out;
		struct uri_base base = { .host = { "x", 1 } };
		const char *sentence = NULL;
		buf_init(&out, memory, sizeof(memory));
		if (uri_base_parse(
			span_of(bad_bases[i]), &out, &base, &sentence))
			fail_msg("taken: %s", bad_bases[i]);
		assert_non_null(sentence);
		expect_span(base.host, "x");
	}
}

static void test_base_limits(void **state)
{
	(void)state;
	char memory[16];
	struct buf out;
	struct uri_base base;
	const char *sentence = NULL;

	buf_init(&out, memory, sizeof(memory));
	assert_true(
	    uri_base_parse(span_of("http://12345678"), &out, &base, &sentence));
	buf_reset(&out);
	assert_false(uri_base_parse(
	    span_of("http://123456789"), &out, &base, &sentence));
	assert_string_equal(sentence, "it is too long: over 1024 bytes");

	/* A whole one of 1024 bytes, where there is room for more. */
	for (size_t len = 1024; len <= 1025; len++) {
		char url[1100] = "https://h/";
		char room[2048];
		memset(url + 10, 'a', len - 10);
		buf_init(&out, room, sizeof(room));
		assert_int_equal(
		    uri_base_parse(span_of(url), &out, &base, &sentence),
		    len == 1024);
	}
	assert_string_equal(sentence, "it is too long: over 1024 bytes");

	/* Labels of 63 bytes, hosts of 253. */
	for (size_t len = 63; len <= 64; len++) {
		char url[512] = "http://";
		char room[512];
		memset(url + 7, 'a', len);
		buf_init(&out, room, sizeof(room));
		assert_int_equal(
		    uri_base_parse(span_of(url), &out, &base, &sentence),
		    len == 63);
	}
	for (size_t len = 253; len <= 255; len += 2) {
		char url[512] = "http://";
		char room[512];
		for (size_t i = 0; i < len; i++)
			url[7 + i] = i % 2 ? '.' : 'a';
		buf_init(&out, room, sizeof(room));
		assert_int_equal(
		    uri_base_parse(span_of(url), &out, &base, &sentence),
		    len == 253);
	}
}

static void test_addresses(void **state)
{
	static const char *const right[] = { "127.0.0.1", "255.255.255.255",
		"[::]", "[2001:db8::1]", "[::ffff:192.0.2.1]",
		"[2001:0db8:0000:0000:0000:0000:0000:0001]" };
	static const char *const wrong[] = { "", "[", "]", "[]", "::1",
		"[127.0.0.1]", "256.0.0.1", "1.2.3", "1.2.3.4.", "1.2.3.4]",
		"[::1", "[::1]]", "[[::1]", "[::1%lo]", "[::g]", "localhost",
		"[2001:0db8:0000:0000:0000:0000:0000:0001:0002:0003:0004:5]" };

	(void)state;
	for (size_t i = 0; i < sizeof right / sizeof *right; i++)
		assert_true(uri_address_valid(span_of(right[i])));
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(uri_address_valid(span_of(wrong[i])));
	assert_false(uri_address_valid((struct span){ "1.2.3.4\0", 8 }));
	assert_false(uri_address_valid((struct span){ "[::1\0]", 6 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_decode_undoes_encode),
		cmocka_unit_test(test_base),
		cmocka_unit_test(test_base_refuses),
		cmocka_unit_test(test_base_limits),
		cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
