#include "core/amount.h"
#include "core/base64.h"
#include "core/hex.h"
#include "core/quote.h"
#include "core/stamp.h"
#include "core/utf8.h"
#include "fuzz/mac.h"
#include "fuzz/parts.h"
#include "fuzz/targets.h"
#include "http/request.h"

#include <jansson.h>
#include <time.h>

/* The small forms that other parsers are made of: base64 and hexadecimal, time
 * stamps, amounts, quoted text; and parameters of a query. */

#define TEXT 2048

/* --- base64 and hexadecimal -----------------------------------------------*/

static void check_decoded(struct span text, bool url)
{
	uint8_t bytes[TEXT];
	char memory[2 * TEXT];
	struct buf again = buf_of(memory, sizeof memory);
	size_t len, less;

	if (!(url ? base64url_decode : base64_decode)(
		text, sizeof bytes, bytes, &len))
		return;
	must(len <= text.len / 4 * 3 + 2);
	/* There is one text for these bytes. */
	mac_base64((struct span){ (char *)bytes, len }, url, &again);
	must(span_equal(buf_span(&again), text));
	must(!len || !(url ? base64url_decode : base64_decode)(
			 text, len - 1, bytes, &less));
}

static void check_encoded(struct span bytes)
{
	char memory[2][2 * TEXT], small_memory[32];
	struct buf out = buf_of(memory[0], sizeof memory[0]);
	struct buf other = buf_of(memory[1], sizeof memory[1]);
	struct buf small = buf_of(small_memory, sizeof small_memory);
	uint8_t back[TEXT];
	size_t len;

	base64url_encode(&out, bytes.at, bytes.len);
	mac_base64(bytes, true, &other);
	must(span_equal(buf_span(&out), buf_span(&other)));
	must(base64url_decode(buf_span(&out), bytes.len, back, &len));
	must(len == bytes.len && memcmp(back, bytes.at, len) == 0);
	base64url_encode(&small, bytes.at, bytes.len);
	must(buf_ok(&small) == (out.len < sizeof small_memory));
}

static void run_base64(struct span text)
{
	static struct grammar hex = { .pattern = "^([0-9a-f]{2})*$" };
	char memory[2 * TEXT + 1];
	struct buf out = buf_of(memory, sizeof memory);
	uint8_t back[TEXT];

	check_decoded(text, true);
	check_decoded(text, false);
	check_encoded(text);
	hex_encode(&out, text.at, text.len);
	must(out.len == 2 * text.len && grammar_has(&hex, buf_span(&out)));
	must(hex_decode(buf_span(&out), text.len, back));
	must(memcmp(back, text.at, text.len) == 0);
	must(hex_decode(text, text.len / 2, back) == grammar_has(&hex, text));
}

/* --- time stamps ----------------------------------------------------------*/

static struct grammar rfc3339 = {
	.pattern = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]"
		   "([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\\.[0-9]+)?"
		   "([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
};

/* The C library reads the time that the text begins with. */
static bool read_by_libc(struct span text, const char *format, int64_t *ret)
{
	char copy[64];
	struct tm moment = { 0 }, same;
	time_t seconds;

	if (text.len >= sizeof copy)
		return false;
	memcpy(copy, text.at, text.len);
	copy[text.len] = '\0';
	if (!strptime(copy, format, &moment))
		return false;
	same = moment;
	seconds = timegm(&same);
	*ret = seconds;
	/* A day that is in no calendar is another one now. */
	return same.tm_mday == moment.tm_mday || moment.tm_sec == 60;
}

static int64_t offset_of(struct span text)
{
	int hours, minutes;

	if (text.len < 6 ||
	    (text.at[text.len - 6] != '+' && text.at[text.len - 6] != '-'))
		return 0;
	text = span_from(text, text.len - 6);
	hours = (text.at[1] - '0') * 10 + text.at[2] - '0';
	minutes = (text.at[4] - '0') * 10 + text.at[5] - '0';
	return (hours * 60 + minutes) * (*text.at == '-' ? -60 : 60);
}

static void check_stamp(struct span text)
{
	int64_t read = 0, other = 0;
	char upper[64];

	if (text.len >= sizeof upper || !stamp_read(text, &read))
		return;
	must(grammar_has(&rfc3339, text));
	memcpy(upper, text.at, text.len);
	upper[10] = 'T';
	must(read_by_libc(
	    (struct span){ upper, text.len }, "%Y-%m-%dT%H:%M:%S", &other));
	must(read == other - offset_of(text));
}

static void check_written(int64_t seconds)
{
	char memory[4][40];
	struct buf texts[4];
	int64_t back;

	for (size_t i = 0; i < 4; i++)
		texts[i] = buf_of(memory[i], sizeof memory[i]);
	stamp_rfc3339(&texts[0], seconds);
	must(stamp_read(buf_span(&texts[0]), &back) && back == seconds);
	stamp_amz(&texts[1], seconds);
	must(stamp_amz_read(buf_span(&texts[1]), &back) && back == seconds);
	stamp_http(&texts[2], seconds);
	must(read_by_libc(buf_span(&texts[2]), "%a, %d %b %Y %T GMT", &back));
	must(back == seconds);
	stamp_date(&texts[3], seconds);
	must(span_equal(
	    buf_span(&texts[3]), span_first(buf_span(&texts[0]), 10)));
}

static void run_stamp(struct span input)
{
	struct span rest = input;
	const uint64_t number = parts_number(&rest);
	int64_t amz;

	check_written((int64_t)(number % 253402300800));
	if (!rest.at)
		return;
	check_stamp(rest);
	if (stamp_amz_read(rest, &amz))
		must(amz >= 0 && rest.len == STAMP_AMZ_TEXT);
}

/* --- amounts --------------------------------------------------------------*/

static struct grammar bytes_text = {
	.pattern = "^[0-9]+[ \t]*([bB]|[kKmMgGtT][iI]?[bB])?$"
};

static void run_amount(struct span text)
{
	char written[AMOUNT_TEXT];
	uint64_t amount, again;
	const char *wrong;

	if (amount_seconds_read(text, &amount, &wrong))
		must(amount <= INT64_MAX && text.len > 1);
	if (!amount_bytes_read(text, &amount, &wrong))
		return;
	must(amount <= INT64_MAX);
	amount_bytes_write(amount, written);
	if (strstr(written, " byte"))
		*strchr(written, ' ') = '\0';
	must(amount_bytes_read(span_of(written), &again, &wrong));
	must(again == amount);
	must(grammar_has(&bytes_text, span_trim(text, " \t")));
}

/* --- quoted text ----------------------------------------------------------*/

static void run_quote(struct span text)
{
	char memory[12 * TEXT + 3];
	struct buf out = buf_of(memory, sizeof memory);
	json_t *read;
	struct span rest;
	uint32_t code;

	quote_add(&out, text);
	must(buf_ok(&out) && out.len <= 12 * text.len + 2);
	for (rest = buf_span(&out); utf8_next(&rest, &code);)
		must(!utf8_is_hidden(code));
	must(rest.len == 0);
	read =
	    json_loadb(out.at, out.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	must(json_is_string(read));
	if (utf8_valid(text))
		must(span_equal((struct span){ json_string_value(read),
				    json_string_length(read) },
		    text));
	json_decref(read);
	rest = utf8_first(text, text.len / 2);
	must(rest.len <= text.len / 2);
	must(!utf8_valid(text) || utf8_valid(rest));
}

/* --- a query --------------------------------------------------------------*/

/* Another reader: the values of one parameter, between separators. */
static size_t count_parameter(
    struct span query, const char *name, struct span *ret_value)
{
	size_t count = 0, start = 0;

	for (size_t i = 0; i <= query.len; i++) {
		struct span pair;

		if (i < query.len && query.at[i] != '&')
			continue;
		pair = (struct span){ query.at + start, i - start };
		start = i + 1;
		if (!span_starts(pair, name))
			continue;
		pair = span_from(pair, strlen(name));
		if (pair.len && *pair.at != '=')
			continue;
		*ret_value = span_from(pair, 1);
		count++;
	}
	return count;
}

static void run_query(struct span query)
{
	static const char *const names[] = { "jid", "name", "size",
		"content_type" };
	struct request request = { .query = query };

	for (size_t i = 0; i < 4; i++) {
		struct span value = SPAN_EMPTY, wanted = SPAN_EMPTY;
		const size_t count = count_parameter(query, names[i], &wanted);
		char memory[TEXT + 1];
		struct buf out = buf_of(memory, sizeof memory);
		bool missing;

		must(request_raw_query(&request, names[i], &value) ==
		     (count < 2));
		must(count >= 2 || !value.at == !count);
		must(count != 1 || span_equal(value, wanted));
		if (request_query(&request, names[i], &out, &missing))
			must(count == 1 && !missing && out.len <= wanted.len);
		else
			must(missing == (count == 0));
	}
}

const struct fuzz_target texts_targets[] = {
	{ "base64", 512, NULL, run_base64 },
	{ "stamp", 100, NULL, run_stamp },
	{ "amount", 64, NULL, run_amount },
	{ "quote", 512, NULL, run_quote },
	{ "query", 512, NULL, run_query },
	{ 0 },
};
