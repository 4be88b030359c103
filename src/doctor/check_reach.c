#include "doctor/private.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SKEW_WARN 30
#define SKEW_FAIL 900 /* what S3 refuses: 15 minutes */

/* The host of a base without its port and brackets. */
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

/* The first address of this family, and how many there are. */
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

	if (!host_of(&doctor->storage->s3.bucket, host, sizeof host))
		return VERDICT_FAILURE;
	buf_init(&address, memory, sizeof memory);
	buf_init(&address6, memory6, sizeof memory6);
	four = resolve(host, AF_INET, &address);
	six = resolve(host, AF_INET6, &address6);
	if (!four && !six) {
		seen(doctor, "%s does not resolve", host);
		change(doctor,
		    "Look at the host in bucket_url, and at this machine's "
		    "DNS: getent ahosts %s\n"
		    "With virtual-host style the store needs a wildcard "
		    "record (*.s3.example.org); path style\n"
		    "(https://s3.example.org/BUCKET) needs none.\n",
		    host);
		return VERDICT_FAILURE;
	}
	seen(doctor, "%s is %s%s%s%s", host, address.at,
	    four && six ? " and " : "", address6.at,
	    six ? "" : " (no IPv6 address)");
	return VERDICT_OK;
}

/* A certificate for *.s3.example.org covers one label, so no bucket with a dot
 * in its name; at AWS there is no other. */
static bool advise_path_style(struct doctor *doctor)
{
	const struct bucket bucket = bucket_of(&doctor->storage->s3);
	const struct span host = bucket.base.host;

	if (bucket.path_style || span_find(bucket.name, '.') >= bucket.name.len)
		return false;
	change(doctor,
	    "The bucket's name has a dot, which no wildcard certificate "
	    "covers. Name the bucket in the path instead:\n"
	    "   bucket_url = \"https://%.*s/%.*s%s%.*s\";\n",
	    ARG(span_from(host, bucket.name.len + 1)), ARG(bucket.name),
	    bucket.prefix.len ? "/" : "", ARG(bucket.prefix));
	return bucket_is_aws(&bucket);
}

static void advice_certificate(struct doctor *doctor)
{
	const struct uri_base *base = &doctor->storage->s3.bucket;

	if (advise_path_style(doctor))
		return;
	change(doctor,
	    "Clients will refuse it too. The store needs a certificate for "
	    "%.*s of an authority that\n"
	    "everybody trusts (Let's Encrypt), with its whole chain. See: "
	    "openssl s_client -connect %.*s%s\n"
	    "For an authority of your own: SSL_CERT_FILE=ca.pem slotd doctor "
	    "…, and in every client.\n",
	    ARG(base->host), ARG(base->host),
	    span_find(base->host, ':') < base->host.len ? "" : ":443");
}

static void advice_connection(struct doctor *doctor)
{
	const struct uri_base *base = &doctor->storage->s3.bucket;

	switch (doctor->reply.result) {
	case FETCH_NO_NAME:
		change(doctor, "See above: the name must resolve first.\n");
		break;
	case FETCH_CERTIFICATE:
		advice_certificate(doctor);
		break;
	case FETCH_TLS:
		change(doctor, "Is that port really https? If the store "
			       "speaks plain http there, bucket_url must "
			       "begin with http://.\n");
		break;
	default:
		change(doctor,
		    "Does the store run, and does it listen on %.*s? Is a "
		    "firewall between? Try: curl -v %.*s://%.*s/\n",
		    ARG(base->host), ARG(base->scheme), ARG(base->host));
	}
}

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

/* libcurl may obey it, clients elsewhere do not. */
static void seen_proxy(struct doctor *doctor)
{
	static const char *const http[] = { "http_proxy", "all_proxy",
		"ALL_PROXY", NULL };
	static const char *const https[] = { "https_proxy", "HTTPS_PROXY",
		"all_proxy", "ALL_PROXY", NULL };
	const char *const *name =
	    span_is(doctor->storage->s3.bucket.scheme, "https") ? https : http;

	while (*name && !is_set(*name))
		name++;
	if (*name)
		seen(doctor,
		    " (the environment sets %s; no_proxy excepts hosts)",
		    *name);
}

enum verdict check_connection(struct doctor *doctor)
{
	const struct uri_base *base = &doctor->storage->s3.bucket;

	ask_url_plain(doctor, base, PROBE);
	if (!ask(doctor, (struct fetch_request){ .method = "GET" })) {
		ask_seen(doctor);
		seen_proxy(doctor);
		advice_connection(doctor);
		return VERDICT_FAILURE;
	}
	doctor->reached = true;
	seen(doctor, "the store answers by %s",
	    span_is(base->scheme, "https")
		? "https, with a certificate that this machine trusts"
		: "http, without encryption");
	seen_proxy(doctor);
	return VERDICT_OK;
}

enum verdict check_clock(struct doctor *doctor)
{
	int64_t ahead, off;

	if (doctor->reply.date < 0) {
		seen(doctor, "the store sends no Date");
		return VERDICT_WARNING;
	}
	ahead = doctor->clock() - doctor->reply.date;
	off = ahead < 0 ? -ahead : ahead;
	if (off < SKEW_WARN) {
		seen(doctor, "as the store's, to %lld s", (long long)off + 1);
		return VERDICT_OK;
	}
	seen(doctor, "%lld seconds (%lld min) %s the store's", (long long)off,
	    (long long)off / 60, ahead > 0 ? "ahead of" : "behind");
	change(doctor, "Set this machine's clock, or the store's: timedatectl "
		       "set-ntp true\n");
	if (off < SKEW_FAIL &&
	    (ahead > 0 || off < (int64_t)doctor->storage->s3.put_ttl))
		return VERDICT_WARNING;
	change(doctor, "%s The checks below use the store's time.\n",
	    ahead > 0 ? "Stores refuse slots that are more than 15 minutes "
			"in the future."
		      : "Slots have expired before a client can use them.");
	doctor->ahead = ahead;
	return VERDICT_FAILURE;
}
