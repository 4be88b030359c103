#include "doctor/private.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SKEW_WARN 30
#define SKEW_FAIL 900 /* S3 refuses 15 minutes */

/* Copies the host of a base without port and brackets. */
static bool host_of(const struct uri_base *base, char *out, size_t size)
{
	struct span host = base->host;
	size_t colon = span_find_last(host, ':');

	if (host.len && host.at[0] == '[')
		host = span_trim(span_first(host, span_find(host, ']')), "[]");
	else
		host = span_first(host, colon);
	if (host.len >= size)
		return false;
	memcpy(out, host.at, host.len);
	out[host.len] = '\0';
	return true;
}

/* Appends the first address of this family; gives the number of addresses. */
static unsigned resolve(const char *host, int family, struct buf *out)
{
	const struct addrinfo hints = { .ai_family = family,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	unsigned count = 0;
	char text[NI_MAXHOST];

	if (getaddrinfo(host, NULL, &hints, &list) != 0)
		return 0;
	for (struct addrinfo *at = list; at; at = at->ai_next)
		count++;
	if (list && getnameinfo(list->ai_addr, list->ai_addrlen, text,
			sizeof text, NULL, 0, NI_NUMERICHOST) == 0)
		buf_text(out, text);
	freeaddrinfo(list);
	return count;
}

enum verdict check_name(struct doctor *doctor)
{
	char host[256], memory[NI_MAXHOST], memory6[NI_MAXHOST];
	struct buf address, address6;
	unsigned four, six;

	if (!host_of(&doctor->storage->s3->bucket, host, sizeof host))
		return VERDICT_FAILURE;
	buf_init(&address, memory, sizeof memory);
	buf_init(&address6, memory6, sizeof memory6);
	four = resolve(host, AF_INET, &address);
	six = resolve(host, AF_INET6, &address6);
	if (!four && !six) {
		change(doctor,
		    "Check the host in bucket_url, and this machine's DNS: "
		    "getent ahosts %s\nFor a bucket in the host name, the "
		    "store needs a wildcard DNS record (*.s3.example.org); for "
		    "a bucket\nin the path (https://s3.example.org/BUCKET), it "
		    "needs none.\n",
		    host);
		return seen_failure(doctor, "%s does not resolve", host);
	}
	return seen_ok(doctor, "%s is %s%s%s%s", host, address.at,
	    four && six ? " and " : "", address6.at,
	    six ? "" : " (no IPv6 address)");
}

/* A certificate for *.s3.example.org covers one label only, so not the name of
 * a bucket with a dot. Gives true if that must be the cause, as at AWS. */
static bool advise_path_style(struct doctor *doctor)
{
	const struct bucket bucket = bucket_of(doctor->storage->s3);
	const struct span host = bucket.base.host;

	if (bucket.path_style || span_find(bucket.name, '.') >= bucket.name.len)
		return false;
	change(doctor,
	    "The bucket's name contains a dot, so no wildcard certificate "
	    "covers it. Write the bucket in the path instead:\n   bucket_url = "
	    "\"https://%.*s/%.*s%s%.*s\";\n",
	    ARG(span_from(host, bucket.name.len + 1)), ARG(bucket.name),
	    bucket.prefix.len ? "/" : "", ARG(bucket.prefix));
	return bucket_is_aws(&bucket);
}

static void advice_certificate(struct doctor *doctor)
{
	const struct uri_base *base = &doctor->storage->s3->bucket;

	if (advise_path_style(doctor))
		return;
	change(doctor,
	    "Clients will refuse the certificate too. The store needs one for "
	    "%.*s from an authority that\neverybody trusts (Let's Encrypt), "
	    "with its whole chain. See: openssl s_client -connect %.*s%s\nFor "
	    "an authority of your own: SSL_CERT_FILE=ca.pem slotd doctor …, "
	    "and install ca.pem in every client.\n",
	    ARG(base->host), ARG(base->host),
	    span_find(base->host, ':') < base->host.len ? "" : ":443");
}

static void advice_connection(struct doctor *doctor)
{
	const struct uri_base *base = &doctor->storage->s3->bucket;

	switch (doctor->reply.result) {
	case FETCH_NO_NAME:
		change(doctor,
		    "See \"name\" above: the host name must resolve first.\n");
		break;
	case FETCH_CERTIFICATE:
		advice_certificate(doctor);
		break;
	case FETCH_TLS:
		change(doctor,
		    "Does that port really speak https? If it speaks plain "
		    "http, bucket_url must begin with http://.\n");
		break;
	default:
		change(doctor,
		    "Is the store running, and does it listen on %.*s? Is "
		    "there a firewall in between? Try: curl -v %.*s://%.*s/\n",
		    ARG(base->host), ARG(base->scheme), ARG(base->host));
	}
}

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

/* libcurl may use the proxy, clients do not. */
static void seen_proxy(struct doctor *doctor)
{
	static const char *const http[] = { "http_proxy", "all_proxy",
		"ALL_PROXY", NULL };
	static const char *const https[] = { "https_proxy", "HTTPS_PROXY",
		"all_proxy", "ALL_PROXY", NULL };
	const char *const *name =
	    span_is(doctor->storage->s3->bucket.scheme, "https") ? https : http;

	while (*name && !is_set(*name))
		name++;
	if (*name)
		seen(doctor,
		    " (the environment sets %s; no_proxy lists exceptions)",
		    *name);
}

enum verdict check_connection(struct doctor *doctor)
{
	const struct uri_base *base = &doctor->storage->s3->bucket;

	ask_url_plain(doctor, base, PROBE);
	if (!ask(doctor, (struct fetch_request){ .method = "GET" })) {
		ask_seen(doctor);
		seen_proxy(doctor);
		advice_connection(doctor);
		return VERDICT_FAILURE;
	}
	doctor->reached = true;
	seen(doctor, "the store answers over %s",
	    span_is(base->scheme, "https")
		? "https, with a certificate that this machine trusts"
		: "http, without encryption");
	seen_proxy(doctor);
	return VERDICT_OK;
}

enum verdict check_clock(struct doctor *doctor)
{
	int64_t ahead, off;

	if (doctor->reply.date < 0)
		return seen_warning(doctor,
		    "the store sends no Date header, so the clocks "
		    "cannot be compared");
	ahead = doctor->clock() - doctor->reply.date;
	off = ahead < 0 ? -ahead : ahead;
	if (off < SKEW_WARN)
		return seen_ok(doctor, "less than %lld s from the store's",
		    (long long)off + 1);
	seen(doctor, "%lld seconds (%lld min) %s the store's", (long long)off,
	    (long long)off / 60, ahead > 0 ? "ahead of" : "behind");
	change(doctor, "Correct this machine's clock, or the store's: "
		       "timedatectl set-ntp true\n");
	if (off < SKEW_FAIL &&
	    (ahead > 0 || off < (int64_t)doctor->storage->s3->put_ttl))
		return VERDICT_WARNING;
	change(doctor, "%s The checks below use the store's time.\n",
	    ahead > 0 ? "Stores refuse slots that are more than 15 minutes "
			"in the future."
		      : "Slots expire before a client can use them.");
	doctor->ahead = ahead;
	return VERDICT_FAILURE;
}
