#include "http/server.h"

#include "http/server_keep.h"
#include "http/tls.h"
#include "service/clock.h"

#include <signal.h>
#include <stdio.h>

#define CREDS_RELOAD 10000000
#define CREDS_SLICE_MS 200

static void drop_listeners(struct loops *loops[LISTENERS_MAX])
{
	for (unsigned i = 0; i < LISTENERS_MAX; i++)
		listener_drop(loops[i]);
}

/* New loops for each listener that needs them; all or none. */
static bool prepare_listeners(struct server *server,
    const struct service *service, struct loops *ret_loops[LISTENERS_MAX],
    char *wrong, size_t wrong_size)
{
	for (unsigned i = 0; i < server->acceptor.count; i++) {
		if (listener_prepare(&server->acceptor.listeners[i], service,
			&ret_loops[i], wrong, wrong_size))
			continue;
		drop_listeners(ret_loops);
		return false;
	}
	return true;
}

/* Sources of credentials that are new have a while to get some. SIGTERM ends
 * that, too: it is blocked, and so pending. */
static void wait_for_creds(const struct service *service)
{
	const int64_t until = clock_micros() + CREDS_RELOAD;
	sigset_t pending;

	while (!service_wait(service, CREDS_SLICE_MS)) {
		if (clock_micros() >= until || sigpending(&pending) != 0 ||
		    sigismember(&pending, SIGTERM) ||
		    sigismember(&pending, SIGINT))
			return;
	}
}

/* False with a sentence: it has no credentials where there were some. */
static bool has_creds(const struct service *service,
    const struct service *before, char *wrong, size_t wrong_size)
{
	char memory[CREDS_WHY + 128];
	struct buf why;

	wait_for_creds(service);
	buf_init(&why, memory, sizeof memory);
	if (!service_lacks(service, &why))
		return true;
	snprintf(wrong, wrong_size, "%s", why.at);
	buf_reset(&why);
	return service_lacks(before, &why);
}

/* Before what stays hides it. */
static bool check_tls(const struct conf *conf, char *wrong, size_t wrong_size)
{
	const char *setting = "listen";

	if (tls_check(&conf->listen)) {
		if (!conf->has_public || tls_check(&conf->public))
			return true;
		setting = "public";
	}
	snprintf(wrong, wrong_size, "%s: " TLS_APART, setting);
	return false;
}

bool server_reload(
    struct server *server, struct conf *conf, char *wrong, size_t wrong_size)
{
	struct loops *loops[LISTENERS_MAX] = { NULL };
	struct service *before = server->service, *service;

	if (!check_tls(conf, wrong, wrong_size)) {
		conf_free(conf);
		return false;
	}
	if (!server_keep_apply(server->counter_print, before, conf)) {
		snprintf(wrong, wrong_size, "out of memory");
		conf_free(conf);
		return false;
	}
	service = service_open(conf, before, wrong, wrong_size);
	if (!service)
		return false;
	/* Requests go on by the one before meanwhile. */
	if (!has_creds(service, before, wrong, wrong_size)) {
		service_release(service);
		return false;
	}
	snprintf(wrong, wrong_size, "out of memory or threads");
	if (!service_authenticate(service, server->replay) ||
	    !server_open_helpers(server, service) ||
	    !prepare_listeners(server, service, loops, wrong, wrong_size)) {
		service_release(service);
		return false;
	}
	if (!server_share(server, service)) {
		drop_listeners(loops);
		service_release(service);
		return false;
	}
	service->issuers.quota = server->counter.quota;
	server_use(server, service);
	service_resume(service, before, clock_micros());
	pthread_mutex_lock(&server->lock);
	server->service = service;
	pthread_mutex_unlock(&server->lock);
	for (unsigned i = 0; i < server->acceptor.count; i++)
		listener_use(&server->acceptor.listeners[i], loops[i]);
	sources_log(service->sources, &service->log);
	before->older = server->old;
	server->old = before;
	return true;
}

bool server_tidy(struct server *server)
{
	struct service **at = &server->old;
	bool left = false;

	while (*at) {
		struct service *service = *at;

		/* Ours is the last: nobody can come by another. */
		if (atomic_load(&service->holders) > 1) {
			at = &service->older;
			continue;
		}
		*at = service->older;
		service_release(service);
	}
	for (unsigned i = 0; i < server->acceptor.count; i++)
		left |= listener_tidy(&server->acceptor.listeners[i]);
	return left || server->old;
}
