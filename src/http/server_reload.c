#include "http/server.h"

#include "http/server_keep.h"
#include "service/clock.h"

#include <signal.h>
#include <stdio.h>

#define CREDS_RELOAD 10 /* seconds */
#define CREDS_SLICE_MS 200

static void drop_sets(struct loop_set *sets[LISTENERS_MAX])
{
	for (unsigned i = 0; i < LISTENERS_MAX; i++)
		listener_drop(sets[i]);
}

/* Opens new loops for each listener that needs some. False with a sentence in
 * wrong: the caller drops those that were opened. */
static bool prepare_sets(struct server *server, const struct service *service,
    struct loop_set *ret_sets[LISTENERS_MAX], char *wrong, size_t wrong_size)
{
	for (unsigned i = 0; i < server->acceptor.count; i++)
		if (!listener_prepare(&server->acceptor.listeners[i],
			server->service, service, &ret_sets[i], wrong,
			wrong_size))
			return false;
	return true;
}

/* New sources of credentials need a while to get some. SIGTERM ends the wait:
 * it is blocked, so it is pending. */
static void wait_for_creds(const struct service *service)
{
	const int64_t until = clock_after(CREDS_RELOAD);
	sigset_t pending;

	while (!service_wait(service, CREDS_SLICE_MS)) {
		if (clock_micros() >= until || sigpending(&pending) != 0 ||
		    sigismember(&pending, SIGTERM) ||
		    sigismember(&pending, SIGINT))
			return;
	}
}

/* False with a sentence in wrong: a store has no credentials, although none
 * lacked them before. */
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

/* To be called before server_keep_apply, which may hide a wrong certificate by
 * the one that stays. */
static bool check_tls(const struct conf *conf, char *wrong, size_t wrong_size)
{
	const char *setting = "listen";

	if (listener_check_tls(&conf->listen)) {
		if (!conf->has_public || listener_check_tls(&conf->public))
			return true;
		setting = "public";
	}
	snprintf(wrong, wrong_size, "%s: " LISTENER_TLS_WRONG, setting);
	return false;
}

bool server_reload(
    struct server *server, struct conf *conf, char *wrong, size_t wrong_size)
{
	struct loop_set *sets[LISTENERS_MAX] = { NULL };
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
	/* Meanwhile requests are served by the configuration before. */
	if (!has_creds(service, before, wrong, wrong_size)) {
		service_release(service);
		return false;
	}
	snprintf(wrong, wrong_size, "out of memory or threads");
	if (!service_authenticate(service, server->replay) ||
	    !server_open_helpers(server, service) ||
	    !prepare_sets(server, service, sets, wrong, wrong_size) ||
	    !server_share(server, service)) {
		drop_sets(sets);
		service_release(service);
		return false;
	}
	service->issuers.quota = server->counter.quota;
	server_use(server, service);
	service_resume(service, before, clock_micros());
	pthread_mutex_lock(&server->lock);
	server->service = service;
	pthread_mutex_unlock(&server->lock);
	server_look(server);
	for (unsigned i = 0; i < server->acceptor.count; i++)
		listener_use(&server->acceptor.listeners[i], sets[i]);
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

		/* New requests get the newest service. So when only the server
		 * holds this one, no request needs it any more. */
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
