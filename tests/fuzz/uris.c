#include "core/uri.h"
#include "fuzz/parts.h"
#include "fuzz/targets.h"
#include "slot/link.h"

/* Percent-encoding, URL prefixes and the forms of a link. */

#define TEXT 4096

/* --- percent-encoding -----------------------------------------------------*/

static struct grammar encoded = { .pattern =
				      "^([A-Za-z0-9._~-]|%[0-9A-F]{2})*$" };
static struct grammar encoded_path = {
	.pattern = "^([A-Za-z0-9._~/-]|%[0-9A-F]{2})*$"
};

static void check_encode(struct span bytes,
    void (*encode)(struct buf *out, struct span bytes), struct grammar *grammar)
{
	char memory[3 * TEXT + 1], back_memory[TEXT + 1];
	struct buf out = buf_of(memory, sizeof memory);
	struct buf back = buf_of(back_memory, sizeof back_memory);
	const bool has_nul = span_find(bytes, '\0') < bytes.len;

	encode(&out, bytes);
	must(buf_ok(&out) && out.len <= 3 * bytes.len);
	must(grammar_has(grammar, buf_span(&out)));
	must(uri_decode(&back, buf_span(&out)) == !has_nul);
	must(has_nul || span_equal(buf_span(&back), bytes));
}

/* Another reader of %XX; false as uri_decode, but for the room. */
static bool decode(struct span text, struct buf *out)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";

	for (size_t i = 0; i < text.len; i++) {
		const char *high, *low;
		int value;

		if (text.at[i] != '%') {
			buf_char(out, text.at[i]);
			continue;
		}
		if (text.len - i < 3)
			return false;
		high = memchr(digits, text.at[i + 1], 32);
		low = memchr(digits, text.at[i + 2], 32);
		if (!high || !low)
			return false;
		value = (int)((high - digits) % 16 * 16 + (low - digits) % 16);
		if (!value)
			return false;
		buf_char(out, (char)value);
		i += 2;
	}
	return true;
}

static void check_decode(struct span text)
{
	char memory[TEXT + 1], other_memory[TEXT + 1], small_memory[8];
	struct buf out = buf_of(memory, sizeof memory);
	struct buf other = buf_of(other_memory, sizeof other_memory);
	struct buf small = buf_of(small_memory, sizeof small_memory);
	const bool fine = decode(text, &other);

	must(uri_decode(&out, text) == fine);
	if (!fine)
		return;
	must(span_equal(buf_span(&out), buf_span(&other)));
	must(uri_decode(&small, text) == (other.len < sizeof small_memory));
}

static void run_uri(struct span text)
{
	check_encode(text, uri_encode, &encoded);
	check_encode(text, uri_encode_path, &encoded_path);
	check_decode(text);
}

/* --- prefixes -------------------------------------------------------------*/

#define SEGMENT "([A-Za-z0-9._~-]|%[0-9A-F]{2})*"

static struct grammar base = {
	.pattern = "^https?://([a-z0-9_.-]{1,253}|\\[[0-9a-fA-F:.]+\\])"
		   "(:[1-9][0-9]{0,4})?(/" SEGMENT ")*$"
};
/* What a signer would write in another way, or a client take out. */
static struct grammar base_wrong = {
	.pattern = "^.*((%2[DEF]|%3[0-9]|%4[1-9A-F]|%5[0-9AF]|%6[1-9A-F]"
		   "|%7[0-9AE]|%00).*|/\\.\\.?(/.*)?|/)$"
};

static struct grammar any_port = { .pattern = "^.*:[0-9]+$" };
static struct grammar port_443 = { .pattern = "^.*:443$" };

static bool read_base(struct span text, struct buf *out, struct uri_base *ret)
{
	const char *wrong = NULL;
	const bool fine = uri_base_parse(text, out, ret, &wrong);

	must(fine == !wrong);
	return fine;
}

static void run_base(struct span text)
{
	char memory[2][URI_BASE_MAX + 64];
	struct buf out = buf_of(memory[0], sizeof memory[0]);
	struct buf again = buf_of(memory[1], sizeof memory[1]);
	struct uri_base parts, same;
	struct span one;

	if (!read_base(text, &out, &parts))
		return;
	one = buf_span(&out);
	must(one.len <= URI_BASE_MAX);
	must(grammar_has(&base, one) && !grammar_has(&base_wrong, one));
	must(read_base(one, &again, &same));
	must(span_equal(one, buf_span(&again)));
	must(span_equal(parts.scheme, same.scheme));
	must(span_equal(parts.host, same.host));
	must(span_equal(parts.path, same.path));
	must(one.len == parts.scheme.len + 3 + parts.host.len + parts.path.len);
	must(!span_is(parts.scheme, "https") ||
	     !grammar_has(&port_443, parts.host));
}

/* --- links ----------------------------------------------------------------*/

#define LINK_ROOM (3 * TEXT + URI_BASE_MAX + 64)

static char any_case(char c, uint8_t how)
{
	if (how & 1 && c >= 'a' && c <= 'z')
		return (char)(c - 'a' + 'A');
	return c;
}

static void add_any_case(struct buf *out, struct span text, uint8_t how)
{
	for (size_t i = 0; i < text.len; i++)
		buf_char(out, any_case(text.at[i], (uint8_t)(how >> i % 8)));
}

/* A path in another percent-encoding: of each byte as the pattern says. */
static void add_path(struct buf *out, struct span decoded, struct span how)
{
	for (size_t i = 0; i < decoded.len; i++) {
		const char c = decoded.at[i];
		const uint8_t bits = how.len ? (uint8_t)how.at[i % how.len] : 0;
		const bool must_be = memchr("%?#\t\r\n <>", c, 9) != NULL;
		char triple[4];

		snprintf(triple, sizeof triple, bits & 2 ? "%%%02X" : "%%%02x",
		    (uint8_t)c);
		/* The first slash ends the host. */
		if ((bits & 1 && i) || must_be)
			buf_text(out, triple);
		else
			buf_char(out, c);
	}
}

/* The forms that link.h names. */
static void write_form(const struct uri_base *of, struct span decoded_path,
    struct span how, struct buf *out)
{
	const uint8_t bits = how.len ? (uint8_t)how.at[0] : 0;
	const bool has_port = of->host.at[of->host.len - 1] != ']' &&
			      span_find(of->host, ':') < of->host.len &&
			      of->host.at[0] != '[';
	const bool https = span_is(of->scheme, "https");

	buf_text(out, bits & 1 ? " <" : "");
	if (bits & 2)
		buf_text(out, "aesgcm");
	else
		add_any_case(out, of->scheme, bits);
	buf_text(out, "://");
	add_any_case(out, of->host, bits);
	if (bits & 4 && !has_port && of->host.at[of->host.len - 1] != ']' &&
	    of->host.at[0] != '[')
		buf_text(out, https ? ":443" : ":80");
	add_path(out, decoded_path, how);
	buf_text(out, bits & 8 ? "?a=b?c" : "");
	buf_text(out, bits & 16 ? "#0123/?" : "");
	buf_text(out, bits & 1 ? "> " : "");
}

static void must_read(struct span link, struct span url, struct span key)
{
	char memory[TEXT + 1];
	struct buf out = buf_of(memory, sizeof memory);

	must(link_file_read(link, url, &out));
	must(span_equal(buf_span(&out), key));
}

/* A link to another host or port is none of ours. */
static void check_elsewhere(
    struct span url, const struct uri_base *of, struct span key)
{
	static const char *const hosts[] = { "x.", "", "" };
	static const char *const ports[] = { "", "1", ":4711" };
	const bool has_port = grammar_has(&any_port, of->host);
	char memory[LINK_ROOM], out_memory[TEXT + 1];

	for (size_t i = 0; i < 3; i++) {
		struct buf link = buf_of(memory, sizeof memory);
		struct buf out = buf_of(out_memory, sizeof out_memory);

		if (i && (i == 1) != has_port)
			continue;
		buf_add(&link, of->scheme);
		buf_text(&link, "://");
		buf_text(&link, hosts[i]);
		buf_add(&link, of->host);
		buf_text(&link, ports[i]);
		buf_add(&link, of->path);
		buf_text(&link, "/f/");
		uri_encode_path(&link, key);
		must(buf_ok(&link));
		must(!link_file_read(buf_span(&link), url, &out));
	}
}

/* Each form of the link to a key is read as that key. */
static void check_forms(struct span url, const struct uri_base *of,
    struct span key, struct span how)
{
	char memory[LINK_ROOM], path_memory[2 * TEXT];
	struct buf link = buf_of(memory, sizeof memory);
	struct buf path = buf_of(path_memory, sizeof path_memory);

	link_file_write(url, key, &link);
	must(buf_ok(&link));
	must_read(buf_span(&link), url, key);
	must(uri_decode(&path, of->path));
	buf_text(&path, "/f/");
	buf_add(&path, key);
	buf_reset(&link);
	write_form(of, buf_span(&path), how, &link);
	must(buf_ok(&path) && buf_ok(&link));
	must_read(buf_span(&link), url, key);
	check_elsewhere(url, of, key);
}

/* What is read as a link below the prefix is one: written in its one form it
 * is read as the same. */
static void check_below(struct span url, struct span link)
{
	char memory[2][TEXT + 1], one_memory[LINK_ROOM], small_memory[4];
	struct buf rest = buf_of(memory[0], sizeof memory[0]);
	struct buf again = buf_of(memory[1], sizeof memory[1]);
	struct buf one = buf_of(one_memory, sizeof one_memory);
	struct buf small = buf_of(small_memory, sizeof small_memory);

	/* Links stand in lines, without a NUL. */
	if (span_find(link, '\0') < link.len || !link_below(link, url, &rest))
		return;
	must(!link_below(link, url, &small) || rest.len < sizeof small_memory);
	must(span_find(link, ':') < link.len);
	buf_add(&one, url);
	buf_char(&one, '/');
	uri_encode_path(&one, buf_span(&rest));
	must(buf_ok(&one) && link_below(buf_span(&one), url, &again));
	must(span_equal(buf_span(&rest), buf_span(&again)));
}

static void run_link(struct span input)
{
	char memory[URI_BASE_MAX + 64];
	struct buf url = buf_of(memory, sizeof memory);
	struct span rest = input;
	const struct span text = parts_line(&rest), key = parts_line(&rest);
	const struct span link = parts_line(&rest), how = rest;
	struct uri_base parts;

	if (!read_base(text, &url, &parts))
		return;
	if (key.len <= 1024 && span_find(key, '\0') == key.len)
		check_forms(buf_span(&url), &parts, key, how);
	check_below(buf_span(&url), link);
}

const struct fuzz_target uris_targets[] = {
	{ "uri", 1024, NULL, run_uri },
	{ "uri-base", 1200, NULL, run_base },
	{ "link", 1500, NULL, run_link },
	{ 0 },
};
