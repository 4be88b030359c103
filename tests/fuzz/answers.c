#include "fuzz/answers.h"

#include "fuzz/fuzz.h"

#include <jansson.h>
#include <string.h>
#include <strings.h>

#define PROBLEM "application/problem+json"

/* --- the contract's tables ------------------------------------------------*/

static const struct {
	const char *code;
	int status;
} codes[] = {
	{ "bad-request", 400 },
	{ "unauthorized", 401 },
	{ "clock-skew", 401 },
	{ "replayed", 401 },
	{ "forbidden", 403 },
	{ "slot-invalid", 403 },
	{ "slot-expired", 403 },
	{ "not-found", 404 },
	{ "method-not-allowed", 405 },
	{ "timeout", 408 },
	{ "already-exists", 409 },
	{ "gone", 410 },
	{ "length-required", 411 },
	{ "file-too-large", 413 },
	{ "length-mismatch", 413 },
	{ "body-too-large", 413 },
	{ "unsupported-media-type", 415 },
	{ "range-not-satisfiable", 416 },
	{ "rate-limited", 429 },
};

/* Without an error: also those of files. */
static const int fine[] = { 200, 201, 202, 204, 206, 304 };

/* What libmicrohttpd refuses while it parses has a body of its own. */
static const int unread[] = { 400, 413, 414, 431, 501, 505 };

static bool has(const int *list, size_t count, int status)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == status)
			return true;
	return false;
}

/* --- one answer -----------------------------------------------------------*/

struct answer {
	int status;
	struct span type;
	long long length; /* -1: none was said */
	bool closes;
};

static struct span line(struct span *rest)
{
	const char *end = memmem(rest->at, rest->len, "\r\n", 2);
	struct span cut;

	must(end);
	cut = (struct span){ rest->at, (size_t)(end - rest->at) };
	*rest = (struct span){ end + 2, rest->len - cut.len - 2 };
	return cut;
}

static bool is(struct span text, const char *wanted)
{
	return text.len == strlen(wanted) &&
	       strncasecmp(text.at, wanted, text.len) == 0;
}

static void status_line(struct span text, struct answer *answer)
{
	must(text.len > 13 && memcmp(text.at, "HTTP/1.", 7) == 0);
	must(text.at[7] == '0' || text.at[7] == '1');
	must(text.at[8] == ' ' && text.at[12] == ' ');
	answer->status = 0;
	for (unsigned i = 9; i < 12; i++) {
		must(text.at[i] >= '0' && text.at[i] <= '9');
		answer->status = 10 * answer->status + text.at[i] - '0';
	}
	for (size_t i = 13; i < text.len; i++)
		must(text.at[i] >= 0x20 && text.at[i] < 0x7f);
}

static void length(struct span value, struct answer *answer)
{
	must(answer->length < 0 && value.len && value.len < 16);
	answer->length = 0;
	for (size_t i = 0; i < value.len; i++) {
		must(value.at[i] >= '0' && value.at[i] <= '9');
		answer->length = 10 * answer->length + value.at[i] - '0';
	}
}

static void field(struct span text, struct answer *answer)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";
	const char *colon = memchr(text.at, ':', text.len);
	struct span name, value;

	must(colon && colon > text.at);
	name = (struct span){ text.at, (size_t)(colon - text.at) };
	value = (struct span){ colon + 1, text.len - name.len - 1 };
	while (value.len && *value.at == ' ')
		value = (struct span){ value.at + 1, value.len - 1 };
	for (size_t i = 0; i < name.len; i++)
		must((name.at[i] >= '0' && name.at[i] <= '9') ||
		     ((name.at[i] | 0x20) >= 'a' &&
			 (name.at[i] | 0x20) <= 'z') ||
		     (name.at[i] && strchr(marks, name.at[i])));
	for (size_t i = 0; i < value.len; i++)
		must((unsigned char)value.at[i] >= 0x20 && value.at[i] < 0x7f);
	must(!is(name, "Transfer-Encoding"));
	if (is(name, "Content-Length"))
		length(value, answer);
	else if (is(name, "Content-Type"))
		answer->type = value;
	else if (is(name, "Connection"))
		answer->closes |= is(value, "close");
}

/* --- the document of an error ---------------------------------------------*/

static const char *string(const json_t *root, const char *name)
{
	return json_string_value(json_object_get(root, name));
}

static void check_xmpp(const json_t *xmpp)
{
	if (!xmpp)
		return;
	must(json_object_size(xmpp) == 2);
	must(string(xmpp, "condition") && string(xmpp, "type"));
}

static void problem(struct span body, int status)
{
	json_error_t error;
	json_t *root =
	    json_loadb(body.at, body.len, JSON_REJECT_DUPLICATES, &error);
	const char *code = string(root, "code");
	size_t i = 0;

	must(root && code && string(root, "title") && string(root, "detail"));
	must(strcmp(string(root, "type"), "about:blank") == 0);
	must(json_integer_value(json_object_get(root, "status")) == status);
	while (i < sizeof codes / sizeof *codes &&
	       strcmp(codes[i].code, code) != 0)
		i++;
	must(i < sizeof codes / sizeof *codes && codes[i].status == status);
	must((strcmp(code, "file-too-large") == 0) ==
	     !!json_object_get(root, "max_file_size"));
	check_xmpp(json_object_get(root, "xmpp"));
	json_decref(root);
}

/* --- all of them ----------------------------------------------------------*/

static bool has_body(const struct answer *answer)
{
	return answer->status >= 200 && answer->status != 204 &&
	       answer->status != 304;
}

/* body: NULL for that of a HEAD. */
static void judge(const struct answer *answer, const struct span *body)
{
	const bool document = is(answer->type, PROBLEM);

	if (has(fine, sizeof fine / sizeof *fine, answer->status)) {
		must(!document);
		return;
	}
	if (!document) {
		must(has(
		    unread, sizeof unread / sizeof *unread, answer->status));
		must(answer->closes);
	} else if (body) {
		problem(*body, answer->status);
	}
}

/* libmicrohttpd 0.9.75 writes the head of its own error pages twice. */
static void skip_again(struct span head, struct span *rest)
{
	if (rest->len < head.len || memcmp(rest->at, head.at, head.len) != 0)
		return;
	*rest = (struct span){ rest->at + head.len, rest->len - head.len };
}

static void read_head(struct span *rest, struct answer *ret_answer)
{
	struct span head = *rest, text;

	*ret_answer = (struct answer){ .length = -1 };
	status_line(line(rest), ret_answer);
	while (text = line(rest), text.len)
		field(text, ret_answer);
	head.len -= rest->len;
	if (ret_answer->closes && !ret_answer->type.len)
		skip_again(head, rest);
}

unsigned answers_check(struct span bytes, bool heads)
{
	unsigned count = 0;
	struct answer answer = { 0 };

	while (bytes.len) {
		struct span body = bytes;

		must(!answer.closes);
		read_head(&bytes, &answer);
		if (answer.status == 100)
			continue;
		count++;
		body = (struct span){ bytes.at, 0 };
		if (!has_body(&answer)) {
			must(answer.length <= 0 || answer.status == 304);
		} else {
			must(answer.length >= 0);
			body.len = (size_t)answer.length;
		}
		if (body.len && heads &&
		    (!bytes.len || (bytes.len > 7 &&
				       memcmp(bytes.at, "HTTP/1.", 7) == 0))) {
			judge(&answer, NULL);
			continue;
		}
		must(body.len <= bytes.len);
		judge(&answer, &body);
		bytes =
		    (struct span){ bytes.at + body.len, bytes.len - body.len };
	}
	return count;
}
