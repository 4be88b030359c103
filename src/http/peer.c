#include "http/peer.h"

#include "core/forwarded.h"
#include "http/request.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <string.h>

struct peer peer_of(const struct sockaddr_storage *address)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
	struct peer peer = { 0 };

	if (address->ss_family == AF_INET) {
		peer.ip = ip_from_v4(&v4->sin_addr);
	} else if (address->ss_family == AF_INET6) {
		memcpy(peer.ip.bytes, &v6->sin6_addr, sizeof peer.ip.bytes);
	} else {
		peer.local = true;
		return peer;
	}
	peer.loopback = ip_is_loopback(&peer.ip);
	return peer;
}

static enum MHD_Result look(void *argument, enum MHD_ValueKind kind,
    const char *key, size_t key_size, const char *value, size_t value_size)
{
	const struct span name = { key, key_size };

	(void)kind;
	if (value && span_equal_nocase(name, span_of("x-forwarded-for")))
		forwarded_add(argument, (struct span){ value, value_size });
	return MHD_YES;
}

bool peer_client_find(const struct request *request, struct ip *ret_client)
{
	const struct peer *peer = &request->conn->peer;
	struct forwarded forwarded = {
		.trusted = request->service->conf->trusted_proxies,
	};

	if (peer->local || ip_nets_have(forwarded.trusted, &peer->ip))
		MHD_get_connection_values_n(
		    request->mhd, MHD_HEADER_KIND, look, &forwarded);
	if (!peer->local)
		*ret_client = peer->ip;
	if (forwarded.known)
		*ret_client = forwarded.client;
	return !peer->local || forwarded.known;
}
