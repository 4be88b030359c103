#include "http/peer_client.h"

#include "core/forwarded.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <string.h>

/* False: not by IP. */
static bool find_peer(const struct request *request, struct ip *ret_ip)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    request->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *address = info ? info->client_addr : NULL;
	const struct sockaddr_in *four = (const void *)address;
	const struct sockaddr_in6 *six = (const void *)address;

	if (!address)
		return false;
	if (address->sa_family == AF_INET)
		*ret_ip = ip_from_v4(&four->sin_addr);
	else if (address->sa_family == AF_INET6)
		memcpy(ret_ip->bytes, &six->sin6_addr, sizeof *ret_ip);
	else
		return false;
	return true;
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
	struct forwarded forwarded = {
		.trusted = request->server->service->conf->trusted_proxies,
	};
	bool is_ip = find_peer(request, ret_client);

	if (is_ip && !ip_nets_have(forwarded.trusted, ret_client))
		return true;
	MHD_get_connection_values_n(
	    request->mhd, MHD_HEADER_KIND, look, &forwarded);
	if (forwarded.known)
		*ret_client = forwarded.client;
	return is_ip || forwarded.known;
}

void peer_client(const struct request *request, struct buf *out)
{
	struct ip client;

	if (peer_client_find(request, &client))
		ip_write(&client, out);
}
