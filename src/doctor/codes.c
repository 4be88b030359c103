#include "doctor/private.h"

#include <string.h>

/* Codes that say enough by themselves: the cause, and what to change. */
static const struct {
	const char *code;
	const char *meaning;
} codes[] = {
	{ "SignatureDoesNotMatch",
	    "The store calculated another signature. Likely causes, the most "
	    "likely first:\n"
	    "1. access_key_secret is wrong: mistyped, cut off, or the secret "
	    "of another key. Some stores (OpenStack Swift)\n   say this as "
	    "well when they do not know access_key_id.\n2. A proxy in front of "
	    "the store changes Host or the path: bucket_url must name the host "
	    "that the store sees.\n3. A client sent a body of another length "
	    "than the slot's, or chunked; another method or Content-Type.\nFor "
	    "details, give the URL that was used to: slotd explain URL\n" },
	{ "InvalidAccessKeyId",
	    "The store does not know this key id.\n"
	    "access_key_id is mistyped, the key was deleted, or it belongs to "
	    "another store.\n" },
	{ "NoSuchBucket",
	    "The bucket in bucket_url does not exist, or bucket_url names no "
	    "bucket.\n" },
	{ "NoSuchKey", "The object was never uploaded, or was deleted.\n" },
	{ "InvalidToken",
	    "session_token is wrong, or belongs to another key.\n" },
	{ "ExpiredToken", "session_token has expired.\n"
			  "Renew the temporary credentials.\n" },
	{ "MethodNotAllowed", "bucket_url is not an S3 endpoint, or does not "
			      "name the bucket.\n" },
	{ "AccessControlListNotSupported",
	    "The bucket has ACLs disabled.\n"
	    "Set set_public = false, and use get = \"redirect\" or a bucket "
	    "policy instead.\n" },
	{ "MissingContentLength", "The client sent the body chunked.\n"
				  "A slot needs a Content-Length.\n" },
	{ "NotImplemented",
	    "The store does not support something in the request: most likely "
	    "a chunked body (a slot needs a\nContent-Length), or the "
	    "If-None-Match of a relayed upload.\n" },
	{ "IncompleteBody",
	    "The client sent fewer bytes than its Content-Length says.\n"
	    "The client or a proxy in front of the store broke off.\n" },
	{ "RequestTimeout",
	    "The client sent the body too slowly, or stopped sending.\n" },
	{ "PreconditionFailed",
	    "The object exists already: with relay, a slot works once.\n" },
	{ "PermanentRedirect",
	    "The bucket is in another region.\n"
	    "Set bucket_url to the endpoint of that region.\n" },
	{ "TemporaryRedirect",
	    "The bucket is in another region, or was just created.\n"
	    "Set bucket_url to the endpoint of the bucket's region.\n" },
	{ "AllAccessDisabled",
	    "The bucket's owner or the store has disabled all access to the "
	    "bucket.\n" },
	{ "AccountProblem", "The store has closed the account.\n"
			    "See the store's console: is a bill unpaid?\n" },
	{ "QuotaExceeded",
	    "The store's quota for this user or bucket is used up.\n" },
	{ "SlowDown", "The store is overloaded.\nTry again.\n" },
	{ "ServiceUnavailable", "The store is overloaded or down.\n"
				"Try again, and see the store's log.\n" },
	{ "InternalError", "The store has an internal error.\n"
			   "Try again, and see the store's log.\n" },
	{ "KeyTooLongError",
	    "The object key is longer than 1024 bytes.\n"
	    "Shorten storage.key or the prefix in bucket_url.\n" },
	{ "MalformedXML", "bucket_url names no bucket.\n" },
	{ "AccessForbidden",
	    "No CORS rule of the bucket allows this preflight.\n"
	    "slotd doctor prints the rule that web clients need.\n" },
};

bool code_element(struct span xml, const char *name, struct buf *out)
{
	buf_reset(out);
	if (!xml_text(xml, name, out) || !out->len)
		return false;
	say_printable(out, 0, "");
	return true;
}

/* --- codes that come with details -----------------------------------------*/

struct meaning {
	const char *cause;
	/* Elements that say more: all of them are told, or none. */
	struct {
		const char *before;
		const char *element;
	} details[2];
	const char *change; /* behind them */
};

static const struct meaning denials[] = {
	[DENIAL_RIGHT] = { "The signature is right or was not checked. A "
			   "permission is "
			   "missing: s3:PutObject (or s3:GetObject) for "
			   "this\nkey, or for "
			   "everybody if the URL is not signed.\nSome stores "
			   "(Ceph) say the "
			   "same for a URL that has expired, or that was "
			   "signed by a clock "
			   "that is ahead.\n",
	    { { "", NULL } }, "" },
	[DENIAL_LATE] = { "The URL has expired",
	    { { " at ", "Expires" }, { "; the store had ", "ServerTime" } },
	    ".\nThe client was late, or slotd's clock is behind. put_ttl and "
	    "get_ttl say how long URLs are valid.\n" },
	[DENIAL_EARLY] = { "For the store, the URL was signed in the future: "
			   "slotd's clock is "
			   "ahead, or the store's is behind",
	    { { "; the store had ", "ServerTime" } },
	    ".\nRun NTP on both machines: timedatectl set-ntp true\n" },
	[DENIAL_HEADERS] = { "The request had x-amz- headers that are not "
			     "signed",
	    { { ": ", "HeadersNotSigned" } },
	    ".\nThe client, or a proxy or CDN in front of the store, added "
	    "them: they must be removed. Permissions are not the cause.\n" },
};

static const struct meaning skew = {
	"The clocks of slotd and the store differ too much",
	{ { ": slotd signed at ", "RequestTime" },
	    { ", the store had ", "ServerTime" } },
	".\nRun NTP on both machines: timedatectl set-ntp true\n"
};

static void tell(
    const struct meaning *meaning, struct span xml, struct buf *out)
{
	char memory[640], value_memory[256];
	struct buf details, value;

	buf_init(&details, memory, sizeof memory);
	buf_init(&value, value_memory, sizeof value_memory);
	for (size_t i = 0; i < 2 && meaning->details[i].element; i++) {
		if (!code_element(xml, meaning->details[i].element, &value)) {
			buf_reset(&details);
			break;
		}
		say(&details, "%s%s", meaning->details[i].before, value.at);
	}
	buf_text(out, meaning->cause);
	buf_add(out, buf_span(&details));
	buf_text(out, meaning->change);
}

static void tell_time(
    const struct conf_storage *storage, struct span xml, struct buf *out)
{
	(void)storage;
	tell(&skew, xml, out);
}

static void tell_region(
    const struct conf_storage *storage, struct span xml, struct buf *out)
{
	char memory[128];
	struct buf region;

	buf_init(&region, memory, sizeof memory);
	if (!code_element(xml, "Region", &region) ||
	    span_equal(buf_span(&region), storage->s3->region)) {
		say(out,
		    "Most likely region is wrong (%.*s): the store's message "
		    "names the region that it expects.\n",
		    ARG(storage->s3->region));
		return;
	}
	say(out,
	    "region is wrong: slotd signs for \"%.*s\", the store is in "
	    "\"%s\".\nSet region = \"%s\" in storage.\n",
	    ARG(storage->s3->region), region.at, region.at);
}

static void tell_too_large(
    const struct conf_storage *storage, struct span xml, struct buf *out)
{
	char memory[32];
	struct buf most;
	uint64_t bytes;

	(void)storage;
	buf_init(&most, memory, sizeof memory);
	say(out, "The store accepts no file of this size in one PUT");
	if (code_element(xml, "MaxSizeAllowed", &most)) {
		say(out, ": MaxSizeAllowed is %s bytes", most.at);
		if (span_u64(buf_span(&most), &bytes) && bytes >= 1 << 20)
			say(out, " (%llu MiB)",
			    (unsigned long long)(bytes >> 20));
	}
	say(out, ".\nSet policy.max_size to what the store accepts; for many "
		 "stores that is 5 GiB.\n");
}

/* --- AccessDenied ---------------------------------------------------------*/

static bool has(struct span text, const char *part)
{
	return memmem(text.at, text.len, part, strlen(part)) != NULL;
}

/* A store that tells its own time refuses the URL's. Both times are in RFC
 * 3339's format, so that they sort as text. */
static enum denial denial_of_times(struct span xml)
{
	char end_memory[64], now_memory[64];
	struct buf end, now;

	buf_init(&end, end_memory, sizeof end_memory);
	buf_init(&now, now_memory, sizeof now_memory);
	if (!code_element(xml, "ServerTime", &now))
		return DENIAL_RIGHT;
	return code_element(xml, "Expires", &end) && strcmp(end.at, now.at) <= 0
		   ? DENIAL_LATE
		   : DENIAL_EARLY;
}

enum denial code_denial(struct span xml)
{
	char memory[512];
	struct buf message;

	buf_init(&message, memory, sizeof memory);
	code_element(xml, "Message", &message);
	if (has(xml, "<HeadersNotSigned>") ||
	    has(buf_span(&message), "not signed"))
		return DENIAL_HEADERS;
	if (has(buf_span(&message), "not valid yet") ||
	    has(buf_span(&message), "not yet valid"))
		return DENIAL_EARLY;
	if (has(buf_span(&message), "expired"))
		return DENIAL_LATE;
	return denial_of_times(xml);
}

static void tell_denied(
    const struct conf_storage *storage, struct span xml, struct buf *out)
{
	(void)storage;
	tell(&denials[code_denial(xml)], xml, out);
}

static const struct {
	const char *code;
	void (*tell)(const struct conf_storage *storage, struct span xml,
	    struct buf *out);
} told[] = {
	{ "AccessDenied", tell_denied },
	{ "RequestTimeTooSkewed", tell_time },
	{ "AuthorizationHeaderMalformed", tell_region },
	{ "AuthorizationQueryParametersError", tell_region },
	{ "EntityTooLarge", tell_too_large },
};

bool code_tell(const struct conf_storage *storage, const char *code,
    struct span xml, struct buf *out)
{
	for (size_t i = 0; i < sizeof told / sizeof *told; i++)
		if (strcmp(code, told[i].code) == 0) {
			told[i].tell(storage, xml, out);
			return true;
		}
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (strcmp(code, codes[i].code) == 0) {
			buf_text(out, codes[i].meaning);
			return true;
		}
	return false;
}
