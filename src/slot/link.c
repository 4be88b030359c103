#include "slot/link.h"

#include "core/base64.h"
#include "core/uri.h"
#include "slot/jid.h"

static void link_mac(const struct keyring_root *root, struct span store,
    struct span key, uint8_t ret_mac[HASH_SIZE])
{
	struct hash running;

	hmac_begin(&root->get, &running);
	hash_field(&running, store);
	hash_field(&running, key);
	hmac_end(&root->get, &running, ret_mac);
}

void link_token_write(const struct keyring_root *root, struct span store,
    struct span key, struct buf *out)
{
	uint8_t mac[HASH_SIZE];

	link_mac(root, store, key, mac);
	base64url_encode(out, mac, KEYRING_MAC);
}

bool link_token_check(const struct keyring *keyring, struct span token,
    struct span store, struct span key)
{
	uint8_t mac[KEYRING_MAC];
	size_t len;
	bool fits = false;

	if (!base64url_decode(token, sizeof mac, mac, &len) ||
	    len != sizeof mac)
		return false;
	/* Tries every key, so that the time does not tell which one fits. */
	for (size_t i = 0; i < keyring->count; i++) {
		uint8_t own[HASH_SIZE];

		link_mac(&keyring->roots[i], store, key, own);
		fits |= equal_constant_time(own, mac, sizeof mac);
	}
	return fits;
}

/* --- the forms of a link -------------------------------------------------*/

/* The parts of a URL as written, without query and fragment. */
struct parts {
	struct span scheme;
	struct span host;
	struct span port; /* empty: none */
	struct span path;
};

static bool split(struct span url, struct parts *ret_parts)
{
	size_t colon, last, bracket;
	struct span rest, authority;

	url = span_trim(url, " \t\r\n<>");
	url = span_first(url, span_find(url, '#'));
	url = span_first(url, span_find(url, '?'));
	colon = span_find(url, ':');
	rest = span_from(url, colon);
	if (!span_starts(rest, "://"))
		return false;
	rest = span_from(rest, 3);
	authority = span_first(rest, span_find(rest, '/'));
	/* The colons of an IPv6 address stand within its brackets. */
	last = span_find_last(authority, ':');
	bracket = span_find_last(authority, ']');
	if (bracket < authority.len && last < bracket)
		last = authority.len;
	ret_parts->scheme = span_first(url, colon);
	ret_parts->host = span_first(authority, last);
	ret_parts->port = span_from(authority, last + 1);
	ret_parts->path = span_from(rest, authority.len);
	return true;
}

/* aesgcm is https with a key in the fragment; clients also use it for http. */
static bool same_scheme(struct span scheme, struct span base)
{
	return span_equal_nocase(scheme, base) ||
	       span_equal_nocase(scheme, span_of("aesgcm"));
}

static bool same_port(struct span port, struct span base, bool https)
{
	uint64_t one = https ? 443 : 80, other = one;

	return (!port.len || span_u64(port, &one)) &&
	       (!base.len || span_u64(base, &other)) && one == other;
}

static bool same_host(struct span host, struct span base)
{
	char memory[2][JID_PART_MAX + 1];
	struct buf one, other;
	const char *wrong;

	buf_init(&one, memory[0], sizeof memory[0]);
	buf_init(&other, memory[1], sizeof memory[1]);
	return jid_domain(host, &one, &wrong) &&
	       jid_domain(base, &other, &wrong) &&
	       span_equal(buf_span(&one), buf_span(&other));
}

/* Compares decoded: clients and servers re-encode paths, even slashes. */
static bool path_below(struct span path, struct span base, struct buf *out)
{
	char memory[LINK_PATH_MAX + 1], base_memory[LINK_PATH_MAX + 1];
	struct buf decoded = buf_of(memory, sizeof memory);
	struct buf start = buf_of(base_memory, sizeof base_memory);

	if (!uri_decode(&decoded, path) || !uri_decode(&start, base))
		return false;
	buf_char(&start, '/');
	if (!buf_ok(&start) || !span_starts(buf_span(&decoded), start.at))
		return false;
	buf_add(out, span_from(buf_span(&decoded), start.len));
	return buf_ok(out);
}

bool link_below(struct span link, struct span base, struct buf *out)
{
	struct parts parts, wanted;

	return split(link, &parts) && split(base, &wanted) &&
	       same_scheme(parts.scheme, wanted.scheme) &&
	       same_host(parts.host, wanted.host) &&
	       same_port(parts.port, wanted.port,
		   span_equal_nocase(wanted.scheme, span_of("https"))) &&
	       path_below(parts.path, wanted.path, out);
}

void link_file_write(struct span public_url, struct span key, struct buf *out)
{
	buf_add(out, public_url);
	buf_text(out, "/f/");
	uri_encode_path(out, key);
}

bool link_file_read(struct span link, struct span public_url, struct buf *out)
{
	char memory[LINK_PATH_MAX + 1];
	struct buf rest = buf_of(memory, sizeof memory);

	if (!link_below(link, public_url, &rest) ||
	    !span_starts(buf_span(&rest), "f/"))
		return false;
	buf_add(out, span_from(buf_span(&rest), 2));
	return buf_ok(out);
}
