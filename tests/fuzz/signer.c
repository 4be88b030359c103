#include "fuzz/signer.h"

#include "fuzz/fuzz.h"

#include <gnutls/crypto.h>
#include <string.h>

#define TEXT_MAX 65536
#define PAIRS_MAX 64
#define DIGEST 32

/* --- text -----------------------------------------------------------------*/

struct text {
	size_t len;
	char at[TEXT_MAX];
};

static void add(struct text *text, const char *bytes, size_t len)
{
	must(len < sizeof text->at - text->len);
	memcpy(text->at + text->len, bytes, len);
	text->len += len;
	text->at[text->len] = '\0';
}

static void add_text(struct text *text, const char *more)
{
	add(text, more, strlen(more));
}

static void add_hex(struct text *text, const uint8_t digest[DIGEST])
{
	char pair[3];

	for (unsigned i = 0; i < DIGEST; i++) {
		snprintf(pair, sizeof pair, "%02x", digest[i]);
		add_text(text, pair);
	}
}

/* UriEncode of AWS's documentation. */
static void add_encoded(
    struct text *text, const char *bytes, size_t len, bool slash)
{
	char triple[4];

	for (size_t i = 0; i < len; i++) {
		const unsigned char byte = (unsigned char)bytes[i];
		const bool plain =
		    (byte >= 'A' && byte <= 'Z') ||
		    (byte >= 'a' && byte <= 'z') ||
		    (byte >= '0' && byte <= '9') ||
		    (byte && strchr(slash ? "-._~/" : "-._~", byte));

		snprintf(triple, sizeof triple, plain ? "%c" : "%%%02X", byte);
		add_text(text, triple);
	}
}

static int digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at =
	    c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* A '%' without two digits stands for itself. */
static void add_decoded(struct text *text, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char byte = bytes[i];

		if (byte == '%' && len - i > 2 && digit(bytes[i + 1]) >= 0 &&
		    digit(bytes[i + 2]) >= 0) {
			byte = (char)(digit(bytes[i + 1]) * 16 +
				      digit(bytes[i + 2]));
			i += 2;
		}
		add(text, &byte, 1);
	}
}

/* --- a URL ----------------------------------------------------------------*/

static size_t find(struct span text, char byte)
{
	const char *at = text.len ? memchr(text.at, byte, text.len) : NULL;

	return at ? (size_t)(at - text.at) : text.len;
}

static struct span behind(struct span text, size_t count)
{
	return (struct span){ text.at + count, text.len - count };
}

bool signer_read(struct span url, struct signer_url *ret_url)
{
	struct span rest;
	size_t end;

	if (url.len > 8 && memcmp(url.at, "https://", 8) == 0)
		rest = behind(url, 8);
	else if (url.len > 7 && memcmp(url.at, "http://", 7) == 0)
		rest = behind(url, 7);
	else
		return false;
	if (find(rest, '#') < rest.len || find(rest, '/') == rest.len)
		return false;
	end = find(rest, '/');
	ret_url->host = (struct span){ rest.at, end };
	rest = behind(rest, end);
	end = find(rest, '?');
	ret_url->path = (struct span){ rest.at, end };
	ret_url->query =
	    end < rest.len ? behind(rest, end + 1) : behind(rest, end);
	return true;
}

/* Cuts the next name=value off. */
static bool next(
    struct span *rest, struct span *ret_name, struct span *ret_value)
{
	size_t end, equals;

	if (!rest->len)
		return false;
	end = find(*rest, '&');
	equals = find((struct span){ rest->at, end }, '=');
	*ret_name = (struct span){ rest->at, equals };
	*ret_value = equals < end ? (struct span){ rest->at + equals + 1,
		end - equals - 1 }
				  : (struct span){ rest->at + end, 0 };
	*rest = behind(*rest, end < rest->len ? end + 1 : end);
	return true;
}

bool signer_value(const struct signer_url *url, const char *name,
    char *ret_value, size_t size)
{
	static struct text decoded;
	struct span rest = url->query, key, value;
	unsigned count = 0;

	while (next(&rest, &key, &value)) {
		decoded.len = 0;
		add_decoded(&decoded, key.at, key.len);
		if (strlen(name) != decoded.len ||
		    memcmp(decoded.at, name, decoded.len) != 0)
			continue;
		decoded.len = 0;
		add_decoded(&decoded, value.at, value.len);
		count++;
		if (decoded.len >= size || memchr(decoded.at, 0, decoded.len))
			return false;
		memcpy(ret_value, decoded.at, decoded.len);
		ret_value[decoded.len] = '\0';
	}
	return count == 1;
}

/* --- the canonical request ------------------------------------------------*/

static void add_path(struct text *text, struct span path)
{
	static struct text decoded;

	decoded.len = 0;
	add_decoded(&decoded, path.at, path.len);
	add_encoded(text, decoded.at, decoded.len, true);
}

static int by_text(const void *a, const void *b)
{
	const struct text *const *x = a, *const *y = b;

	return strcmp((*x)->at, (*y)->at);
}

/* Between a name and its value while pairs are sorted: the least byte, so that
 * a name comes before those that it begins. */
#define SPLIT '\1'

/* False: too many. */
static bool add_query(struct text *text, struct span query)
{
	static struct text decoded, pairs[PAIRS_MAX];
	struct text *order[PAIRS_MAX];
	struct span name, value;
	size_t count = 0;

	while (next(&query, &name, &value)) {
		struct text *pair = &pairs[count];

		if (name.len == 15 &&
		    memcmp(name.at, "X-Amz-Signature", 15) == 0)
			continue;
		if (count == PAIRS_MAX)
			return false;
		pair->len = decoded.len = 0;
		add_decoded(&decoded, name.at, name.len);
		add_encoded(pair, decoded.at, decoded.len, false);
		add(pair, (const char[]){ SPLIT }, 1);
		decoded.len = 0;
		add_decoded(&decoded, value.at, value.len);
		add_encoded(pair, decoded.at, decoded.len, false);
		order[count++] = pair;
	}
	qsort(order, count, sizeof *order, by_text);
	for (size_t i = 0; i < count; i++) {
		*strchr(order[i]->at, SPLIT) = '=';
		add_text(text, i ? "&" : "");
		add(text, order[i]->at, order[i]->len);
	}
	return true;
}

/* A line for each that is signed. False: one of them is not known. */
static bool add_headers(struct text *text, const char *names,
    const struct signer_url *url, const struct signer_header *headers)
{
	while (*names) {
		const size_t len = strcspn(names, ";");
		const struct signer_header *at = headers;

		add(text, names, len);
		add_text(text, ":");
		while (at->name && (strlen(at->name) != len ||
				       memcmp(at->name, names, len) != 0))
			at++;
		if (at->name)
			add_text(text, at->value);
		else if (len == 4 && memcmp(names, "host", 4) == 0)
			add(text, url->host.at, url->host.len);
		else
			return false;
		add_text(text, "\n");
		names += len + (names[len] == ';');
	}
	return true;
}

static void add_sha256(struct text *text, const struct text *bytes)
{
	uint8_t digest[DIGEST];

	must(gnutls_hash_fast(
		 GNUTLS_DIG_SHA256, bytes->at, bytes->len, digest) == 0);
	add_hex(text, digest);
}

/* --- the signature --------------------------------------------------------*/

static void mac(const uint8_t *key, size_t key_len, const char *text,
    uint8_t ret_mac[DIGEST])
{
	uint8_t digest[DIGEST];

	must(gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, key_len, text,
		 strlen(text), digest) == 0);
	memcpy(ret_mac, digest, DIGEST);
}

static void signature_of(const struct signer *signer, const char *date,
    const char *string, struct text *ret_text)
{
	char secret[256];
	uint8_t key[DIGEST];

	must(snprintf(secret, sizeof secret, "AWS4%s", signer->secret) <
	     (int)sizeof secret);
	mac((const uint8_t *)secret, strlen(secret), date, key);
	mac(key, sizeof key, signer->region, key);
	mac(key, sizeof key, "s3", key);
	mac(key, sizeof key, "aws4_request", key);
	mac(key, sizeof key, string, key);
	ret_text->len = 0;
	add_hex(ret_text, key);
}

static bool is_value(
    const struct signer_url *url, const char *name, const char *wanted)
{
	static char value[8192];

	if (!wanted)
		return !signer_value(url, name, value, sizeof value);
	return signer_value(url, name, value, sizeof value) &&
	       strcmp(value, wanted) == 0;
}

bool signer_agrees(const struct signer *signer, const char *method,
    const struct signer_url *url, const struct signer_header *headers)
{
	static struct text canonical, string, signature;
	char time[17], date[9], scope[128], credential[256], names[256];

	if (!signer_value(url, "X-Amz-Date", time, sizeof time) ||
	    !signer_value(url, "X-Amz-SignedHeaders", names, sizeof names))
		return false;
	snprintf(date, sizeof date, "%.8s", time);
	snprintf(
	    scope, sizeof scope, "%s/%s/s3/aws4_request", date, signer->region);
	snprintf(credential, sizeof credential, "%s/%s", signer->id, scope);
	if (!is_value(url, "X-Amz-Algorithm", "AWS4-HMAC-SHA256") ||
	    !is_value(url, "X-Amz-Credential", credential) ||
	    !is_value(url, "X-Amz-Security-Token", signer->token))
		return false;
	canonical.len = string.len = 0;
	add_text(&canonical, method);
	add_text(&canonical, "\n");
	add_path(&canonical, url->path);
	add_text(&canonical, "\n");
	if (!add_query(&canonical, url->query))
		return false;
	add_text(&canonical, "\n");
	if (!add_headers(&canonical, names, url, headers))
		return false;
	add_text(&canonical, "\n");
	add_text(&canonical, names);
	add_text(&canonical, "\nUNSIGNED-PAYLOAD");
	add_text(&string, "AWS4-HMAC-SHA256\n");
	add_text(&string, time);
	add_text(&string, "\n");
	add_text(&string, scope);
	add_text(&string, "\n");
	add_sha256(&string, &canonical);
	signature_of(signer, date, string.at, &signature);
	return is_value(url, "X-Amz-Signature", signature.at);
}
