#include "http/server.h"

/* Apart from server.c, which calls what needs these. */

struct service *server_service(struct server *server)
{
	struct service *service;

	pthread_mutex_lock(&server->lock);
	service = server->service;
	service_hold(service);
	pthread_mutex_unlock(&server->lock);
	return service;
}

void server_note(struct server *server, enum conf_log_level level,
    const char *message, const char *reason)
{
	struct service *service = server_service(server);

	log_note(&service->log, level, message, "reason", reason);
	service_release(service);
}
