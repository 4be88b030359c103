#include "core/ip.h"

#include <arpa/inet.h>
#include <string.h>

#define V4_BITS 96

static const uint8_t v4_prefix[12] = { [10] = 0xff, [11] = 0xff };

bool ip_parse(struct span text, struct ip *ret_ip)
{
	char memory[IP_TEXT_SIZE];
	uint8_t four[4];
	struct buf name = buf_of(memory, sizeof memory);
	struct ip ip;

	buf_add(&name, text);
	/* The system's functions would not see what is behind a NUL. */
	if (!buf_ok(&name) || strlen(name.at) != text.len)
		return false;
	if (inet_pton(AF_INET, name.at, four) == 1)
		ip = ip_from_v4(four);
	else if (inet_pton(AF_INET6, name.at, ip.bytes) != 1)
		return false;
	*ret_ip = ip;
	return true;
}

struct ip ip_from_v4(const void *bytes)
{
	struct ip ip;

	memcpy(ip.bytes, v4_prefix, sizeof v4_prefix);
	memcpy(ip.bytes + sizeof v4_prefix, bytes, 4);
	return ip;
}

void ip_write(const struct ip *ip, struct buf *out)
{
	char memory[IP_TEXT_SIZE];
	bool v4 = ip_is_v4(ip);

	if (inet_ntop(v4 ? AF_INET : AF_INET6, ip->bytes + (v4 ? 12 : 0),
		memory, sizeof memory))
		buf_text(out, memory);
}

bool ip_is_v4(const struct ip *ip)
{
	return memcmp(ip->bytes, v4_prefix, sizeof v4_prefix) == 0;
}

bool ip_is_loopback(const struct ip *ip)
{
	static const struct ip one = { { [15] = 1 } };

	return ip_is_v4(ip) ? ip->bytes[12] == 127
			    : memcmp(ip, &one, sizeof one) == 0;
}

bool ip_host_is_local(struct span host)
{
	struct ip ip;

	return span_equal_nocase(host, span_of("localhost")) ||
	       (ip_parse(host, &ip) && ip_is_loopback(&ip));
}

struct ip ip_first(const struct ip *ip, unsigned bits)
{
	struct ip found = { { 0 } };

	memcpy(found.bytes, ip->bytes, bits / 8);
	return found;
}

struct ip ip_subscriber(const struct ip *ip)
{
	return ip_is_v4(ip) ? *ip : ip_first(ip, 64);
}

/* Whether the first bits of both are the same. */
static bool same_bits(const struct ip *a, const struct ip *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a->bytes, b->bytes, whole) != 0)
		return false;
	return rest == 0 ||
	       (a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest) == 0;
}

static bool ends_behind(const struct ip *ip, unsigned bits)
{
	for (unsigned i = bits; i < 128; i++)
		if (ip->bytes[i / 8] >> (7 - i % 8) & 1)
			return false;
	return true;
}

bool ip_net_parse(
    struct span text, struct ip_net *ret_net, const char **ret_wrong)
{
	struct span mask = text, address = span_cut(&mask, '/');
	unsigned first;
	struct ip_net net;
	uint64_t bits;

	*ret_wrong = "must be an IP address or a network such as "
		     "\"10.0.0.0/8\" or \"2001:db8::/32\"";
	if (!ip_parse(address, &net.ip))
		return false;
	/* "::ffff:10.0.0.0/104" counts all its bits itself. */
	first = span_find(address, ':') == address.len ? V4_BITS : 0;
	net.bits = 128;
	if (mask.at) {
		if (mask.len > 3 || !span_u64(mask, &bits) ||
		    bits > 128 - first)
			return false;
		net.bits = first + (unsigned)bits;
	}
	if (!ends_behind(&net.ip, net.bits)) {
		*ret_wrong = "has bits of an address behind its mask";
		return false;
	}
	*ret_net = net;
	return true;
}

bool ip_net_has(const struct ip_net *net, const struct ip *ip)
{
	return same_bits(&net->ip, ip, net->bits);
}

bool ip_nets_have(struct ip_nets nets, const struct ip *ip)
{
	for (size_t i = 0; i < nets.count; i++)
		if (ip_net_has(&nets.at[i], ip))
			return true;
	return false;
}
