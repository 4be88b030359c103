#include "http/peer.h"

#include <netinet/in.h>
#include <string.h>

struct peer peer_of(const struct sockaddr_storage *address)
{
	static const struct in6_addr one = IN6ADDR_LOOPBACK_INIT;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
	struct peer peer = { 0 };
	struct in6_addr mapped;

	if (address->ss_family == AF_INET) {
		peer.address[10] = peer.address[11] = 0xff;
		memcpy(&peer.address[12], &v4->sin_addr, 4);
	} else if (address->ss_family == AF_INET6) {
		memcpy(peer.address, &v6->sin6_addr, 16);
	} else {
		peer.local = true;
		return peer;
	}
	memcpy(&mapped, peer.address, sizeof mapped);
	peer.loopback =
	    memcmp(&mapped, &one, sizeof one) == 0 ||
	    (IN6_IS_ADDR_V4MAPPED(&mapped) && mapped.s6_addr[12] == 127);
	return peer;
}
