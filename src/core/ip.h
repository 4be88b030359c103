#ifndef CORE_IP_H
#define CORE_IP_H

#include "core/buf.h"

/* An IPv6 address in network order. An IPv4 address is kept as ::ffff:a.b.c.d
 * (RFC 4291, section 2.5.5.2), so that all addresses compare alike. */
struct ip {
	uint8_t bytes[16];
};

/* The addresses whose first bits are those of ip; an IPv4 network has 96
 * bits more than its mask. */
struct ip_net {
	struct ip ip;
	unsigned bits; /* 0 to 128 */
};

/* "192.0.2.1" or "2001:db8::1": no port, no brackets, no zone. */
bool ip_parse(struct span text, struct ip *ret_ip);
/* From four bytes in network order. */
struct ip ip_from_v4(const void *bytes);
/* As it is usually written (RFC 5952), an IPv4 address as such. */
void ip_write(const struct ip *ip, struct buf *out);
#define IP_TEXT_SIZE 46 /* with its NUL */

bool ip_is_v4(const struct ip *ip);
/* ::1 or 127.0.0.0/8 */
bool ip_is_loopback(const struct ip *ip);
/* Whether a host is this machine: "localhost" in any case, or a loopback
 * address without brackets. */
bool ip_host_is_local(struct span host);
/* The first bits of an address, a multiple of 8: its network. */
struct ip ip_first(const struct ip *ip, unsigned bits);
/* What one subscriber usually has: an IPv4 address, or the /64 of an IPv6
 * address. */
struct ip ip_subscriber(const struct ip *ip);

/* An address, or a network like "10.0.0.0/8"; false with a sentence, also when
 * bits beyond the mask are set. */
bool ip_net_parse(
    struct span text, struct ip_net *ret_net, const char **ret_wrong);
bool ip_net_has(const struct ip_net *net, const struct ip *ip);

/* A list of networks. */
struct ip_nets {
	const struct ip_net *at;
	size_t count;
};

bool ip_nets_have(struct ip_nets nets, const struct ip *ip);

#endif
