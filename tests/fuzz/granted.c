#include "fuzz/granted.h"

#include "fuzz/fixed.h"
#include "fuzz/fuzz.h"
#include "fuzz/signer.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#define RANDOM "WlpaWlpaWlpaWlpaWlpaWg" /* base64 of fixed.c's */
#define BIG_SIZE 5000000000
#define PUT_TTL 600
#define GET_TTL 3600
#define BIG_TTL 900

static const struct signer plain_signer = { "AKIDPLAIN", "fake/plain", NULL,
	"r-1" };
static const struct signer big_signer = { "AKIDBIG", "fake+big",
	"to/ken+of=big", "r-2" };

static const char *string(const json_t *root, const char *name)
{
	return json_string_value(json_object_get(root, name));
}

static bool is_big(const struct asked *asked)
{
	const size_t len = strcspn(asked->jid, "/");
	const char *at = memchr(asked->jid, '@', len);
	const char *domain = at ? at + 1 : asked->jid;

	return strncasecmp(domain, "big.example.org", 15) == 0 &&
	       (domain[15] == '\0' || domain[15] == '/' ||
		   (domain[15] == '.' &&
		       (domain[16] == '\0' || domain[16] == '/')));
}

/* Its domain may be the big one though it is not written so. */
static bool is_plain_ascii(const char *text)
{
	for (; *text; text++)
		if (*text & 0x80)
			return false;
	return true;
}

static void rfc3339(int64_t seconds, char ret_text[32])
{
	const time_t then = (time_t)seconds;
	struct tm tm;

	must(gmtime_r(&then, &tm));
	must(strftime(ret_text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0);
}

static int digit(char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Percent-decodes a segment; true: it was encoded in the one form. */
static bool decode(const char *text, size_t len, char ret_text[1024])
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";
	size_t out = 0;

	must(len < 1024);
	for (size_t i = 0; i < len; i++) {
		int byte = (unsigned char)text[i];

		if (byte == '%') {
			if (len - i < 3 || digit(text[i + 1]) < 0 ||
			    digit(text[i + 2]) < 0)
				return false;
			byte = 16 * digit(text[i + 1]) + digit(text[i + 2]);
			if (!byte || strchr(plain, byte))
				return false;
			i += 2;
		} else if (!strchr(plain, byte)) {
			return false;
		}
		ret_text[out++] = (char)byte;
	}
	ret_text[out] = '\0';
	return true;
}

/* The file's name in a key: safe, and not denied. */
static void check_name(const char *name)
{
	json_t *utf8 = json_string(name); /* NULL if it is not UTF-8 */
	size_t len = strlen(name);

	must(utf8);
	json_decref(utf8);
	must(len > 0 && len <= 200 && *name != '.' && *name != ' ');
	must(name[len - 1] != ' ');
	for (size_t i = 0; i < len; i++)
		must((unsigned char)name[i] >= 0x20 && name[i] != 0x7f &&
		     name[i] != '/' && name[i] != '\\');
	while (len && name[len - 1] == '.')
		len--;
	must(len < 4 || strncasecmp(name + len - 4, ".exe", 4) != 0);
}

/* The segments of a key, from the prefix on. until: as in the key, or "". */
static void check_key(const char *url, const char *prefix, const char *until)
{
	const char *rest = url + strlen(prefix), *end;
	char name[1024];

	must(strncmp(url, prefix, strlen(prefix)) == 0);
	if (*until) {
		must(strncmp(rest, until, strlen(until)) == 0);
		rest += strlen(until);
		must(*rest++ == '/');
	}
	must(strncmp(rest, RANDOM "/", sizeof RANDOM) == 0);
	rest += sizeof RANDOM;
	must(strcspn(rest, "/?") == 22 && rest[22] == '/'); /* {owner} */
	rest += 23;
	end = rest + strcspn(rest, "?");
	must(decode(rest, (size_t)(end - rest), name));
	check_name(name);
}

static int64_t number(const struct signer_url *url, const char *name)
{
	char value[32];

	must(signer_value(url, name, value, sizeof value));
	return strtoll(value, NULL, 10);
}

static bool signs(const struct signer_url *url, const char *names)
{
	char value[256];

	return signer_value(url, "X-Amz-SignedHeaders", value, sizeof value) &&
	       strcmp(value, names) == 0;
}

/* A GET whose signature ends. */
static void check_get(const char *text, int64_t until)
{
	const struct signer_header none = { NULL, NULL };
	struct signer_url url;
	int64_t expires;

	must(signer_read((struct span){ text, strlen(text) }, &url));
	must(signs(&url, "host"));
	must(signer_agrees(&big_signer, "GET", &url, &none));
	expires = number(&url, "X-Amz-Expires");
	must(expires >= 1 && expires <= GET_TTL);
	must(!until || expires <= until - FIXED_NOW || expires == 1);
}

static void check_put(const struct signer *signer, const char *text,
    const struct asked *asked, const char *type, int64_t expires)
{
	char size[32], acl[32];
	const struct signer_header headers[] = { { "content-length", size },
		{ type ? "content-type" : NULL, type }, { NULL, NULL } };
	struct signer_url url;

	snprintf(size, sizeof size, "%lld", (long long)asked->size);
	must(signer_read((struct span){ text, strlen(text) }, &url));
	must(signs(&url,
	    type ? "content-length;content-type;host" : "content-length;host"));
	must(signer_value(&url, "x-amz-acl", acl, sizeof acl) == !!type);
	must(!type || strcmp(acl, "public-read") == 0);
	must(number(&url, "X-Amz-Expires") == expires - FIXED_NOW);
	must(signer_agrees(signer, "PUT", &url, headers));
}

static int64_t file_expires(const json_t *answer)
{
	const char *text = string(answer, "file_expires");
	struct tm tm = { 0 };
	char again[32];

	if (!text)
		return 0;
	must(strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm));
	rfc3339(timegm(&tm), again);
	must(strcmp(text, again) == 0);
	return timegm(&tm);
}

static int64_t check_until(const struct asked *asked, const json_t *answer)
{
	const int64_t until = file_expires(answer);

	if (strcmp(asked->purpose, "permanent") == 0)
		must(!until);
	else if (strcmp(asked->purpose, "profile") == 0)
		must(until == FIXED_NOW + 700);
	else if (strcmp(asked->purpose, "ephemeral") == 0)
		must(until > FIXED_NOW && until <= FIXED_NOW + 86400);
	else
		must(until == FIXED_NOW + 86400);
	return until;
}

static void stamp(int64_t until, char ret_text[32])
{
	char text[32];
	char *out = ret_text;

	if (!until) {
		snprintf(ret_text, 32, "never");
		return;
	}
	rfc3339(until, text);
	for (const char *at = text; *at; at++)
		if (*at != '-' && *at != ':')
			*out++ = *at;
	*out = '\0';
}

static void check_big(const struct asked *asked, const json_t *answer)
{
	const char *put = string(answer, "put"), *get = string(answer, "get");
	const json_t *headers = json_object_get(answer, "headers");
	const char *type = string(headers, "Content-Type");
	const int64_t until = check_until(asked, answer);
	const int64_t expires =
	    until && until < FIXED_NOW + BIG_TTL ? until : FIXED_NOW + BIG_TTL;
	char text[32];

	must(json_object_size(headers) == 1 && type);
	must(strncasecmp(type, "image/", 6) == 0 ||
	     strncasecmp(type, "text/plain", 10) == 0);
	must(asked->size <=
	     (strcmp(asked->purpose, "permanent") == 0 ? 10 : BIG_SIZE));
	stamp(until, text);
	check_key(put, GRANTED_BIG, text);
	check_key(get, GRANTED_BIG, text);
	must(strcspn(put, "?") == strcspn(get, "?"));
	must(memcmp(put, get, strcspn(put, "?")) == 0);
	check_put(&big_signer, put, asked, type, expires);
	check_get(get, until);
	rfc3339(expires, text);
	must(strcmp(string(answer, "expires"), text) == 0);
}

static void check_small(const struct asked *asked, const json_t *answer)
{
	const char *put = string(answer, "put"), *get = string(answer, "get");
	char text[32];

	must(json_object_size(json_object_get(answer, "headers")) == 0);
	must(!json_object_get(answer, "file_expires"));
	must(strcmp(asked->purpose, "message") == 0);
	must(asked->size <= GRANTED_MOST);
	check_key(put, GRANTED_PLAIN, "");
	must(strlen(get) == strcspn(put, "?") &&
	     memcmp(put, get, strlen(get)) == 0);
	check_put(&plain_signer, put, asked, NULL, FIXED_NOW + PUT_TTL);
	rfc3339(FIXED_NOW + PUT_TTL, text);
	must(strcmp(string(answer, "expires"), text) == 0);
}

void granted_check(const struct asked *asked, const char *text)
{
	json_error_t error;
	json_t *answer = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	must(answer);
	must(json_object_size(answer) ==
	     (json_object_get(answer, "file_expires") ? 5 : 4));
	for (const char *at = text; *at; at++)
		must(*at >= 0x20 && *at < 0x7f);
	if (is_big(asked))
		check_big(asked, answer);
	else if (is_plain_ascii(asked->jid))
		check_small(asked, answer);
	json_decref(answer);
}
