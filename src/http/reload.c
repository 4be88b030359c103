#include "http/edge_private.h"

#include "http/stays.h"
#include "http/tls.h"
#include "service/clock.h"

#include <signal.h>
#include <stdio.h>

#define CREDS_RELOAD 10000000
#define CREDS_SLICE_MS 200

static void drop_gates(struct loops *loops[GATES_MAX])
{
	for (unsigned i = 0; i < GATES_MAX; i++)
		gate_drop(loops[i]);
}

/* New loops for each gate that needs them; all or none. */
static bool prepare_gates(struct edge *edge, const struct service *service,
    struct loops *ret_loops[GATES_MAX], char *wrong, size_t wrong_size)
{
	for (unsigned i = 0; i < edge->accepter.count; i++) {
		if (gate_prepare(&edge->accepter.gates[i], service,
			&ret_loops[i], wrong, wrong_size))
			continue;
		drop_gates(ret_loops);
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

bool edge_reload(
    struct edge *edge, struct conf *conf, char *wrong, size_t wrong_size)
{
	struct server *server = &edge->server;
	struct loops *loops[GATES_MAX] = { NULL };
	struct service *before = server->service, *service;

	if (!check_tls(conf, wrong, wrong_size)) {
		conf_free(conf);
		return false;
	}
	if (!stays_apply(edge->counter_print, before, conf)) {
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
	    !edge_open_helpers(edge, service) ||
	    !prepare_gates(edge, service, loops, wrong, wrong_size)) {
		service_release(service);
		return false;
	}
	if (!edge_share(edge, service)) {
		drop_gates(loops);
		service_release(service);
		return false;
	}
	service->issuers.quota = server->quota;
	edge_use(edge, service);
	service_resume(service, before, clock_micros());
	pthread_mutex_lock(&server->lock);
	server->service = service;
	pthread_mutex_unlock(&server->lock);
	for (unsigned i = 0; i < edge->accepter.count; i++)
		gate_use(&edge->accepter.gates[i], loops[i]);
	sources_log(service->sources, &service->log);
	before->older = edge->old;
	edge->old = before;
	return true;
}

bool edge_tidy(struct edge *edge)
{
	struct service **at = &edge->old;
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
	for (unsigned i = 0; i < edge->accepter.count; i++)
		left |= gate_tidy(&edge->accepter.gates[i]);
	return left || edge->old;
}
