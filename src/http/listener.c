#include "http/listener.h"

#include "http/handler.h"
#include "http/route.h"

#include <microhttpd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct loop_set {
	struct loop_set *next; /* older */
	unsigned count;
	struct loop *list[];
};

static unsigned count_threads(const struct conf *conf)
{
	cpu_set_t cpus;

	if (conf->threads)
		return conf->threads;
	if (sched_getaffinity(0, sizeof cpus, &cpus) != 0)
		return 1;
	return (unsigned)CPU_COUNT(&cpus);
}

void listener_init(
    struct listener *listener, struct server *server, unsigned roles)
{
	*listener = (struct listener){ .server = server, .roles = roles };
	pthread_mutex_init(&listener->lock, NULL);
}

void listener_drop(struct loop_set *set)
{
	if (!set)
		return;
	for (unsigned i = 0; i < set->count; i++)
		loop_close(set->list[i]);
	free(set);
}

static void drop_all(struct loop_set *set)
{
	while (set) {
		struct loop_set *next = set->next;

		listener_drop(set);
		set = next;
	}
}

void listener_done(struct listener *listener)
{
	drop_all(listener->sets);
	pthread_mutex_destroy(&listener->lock);
}

const struct conf_listener *listener_conf(
    const struct listener *listener, const struct conf *conf)
{
	return listener->roles & ROLE_LISTEN ? &conf->listen : &conf->public;
}

/* Whether libmicrohttpd takes these options. The daemon gets no connection, so
 * it needs no loop. */
static bool starts(const struct loop_options *options)
{
	struct MHD_Daemon *daemon = handler_start(options, NULL);

	if (daemon)
		MHD_stop_daemon(daemon);
	return daemon != NULL;
}

bool listener_check_tls(const struct conf_listener *conf)
{
	const struct loop_options options = {
		.tls = true,
		.cert = conf->tls_cert,
		.key = conf->tls_key,
	};
	const struct loop_options plain = { .tls = false };

	/* Without room for any daemon the certificate is not at fault. */
	return !conf->tls_cert.len || starts(&options) || !starts(&plain);
}

static struct loop_options choose(
    const struct listener *listener, const struct service *service)
{
	const struct conf_listener *wanted =
	    listener_conf(listener, service->conf);

	return (struct loop_options){
		.files = (listener->roles & ROLE_PUBLIC) &&
			 route_has_files(listener->server->routes, service),
		.idle_timeout = service->conf->limits.idle_timeout,
		.tls = wanted->tls_cert.len > 0,
		.cert = wanted->tls_cert,
		.key = wanted->tls_key,
	};
}

static bool same(const struct loop_options *a, const struct loop_options *b)
{
	return a->files == b->files && a->tls == b->tls &&
	       a->idle_timeout == b->idle_timeout &&
	       span_equal(a->cert, b->cert) && span_equal(a->key, b->key);
}

/* The first of the loops to which uploads come runs the relay. */
static struct loop *open_loop(const struct listener *listener,
    const struct loop_options *options, bool first)
{
	struct loop *loop = loop_open(listener);
	struct relay *relay = first && (listener->roles & ROLE_PUBLIC)
				  ? listener->server->relay
				  : NULL;

	if (loop && loop_start(loop, handler_start(options, loop), relay))
		return loop;
	return NULL;
}

/* NULL: there is no memory, or not each of the loops did start. */
static struct loop_set *open_set(const struct listener *listener,
    const struct loop_options *options, unsigned count)
{
	struct loop_set *set =
	    calloc(1, sizeof *set + count * sizeof *set->list);

	while (set && set->count < count) {
		struct loop *loop =
		    open_loop(listener, options, set->count == 0);

		if (!loop) {
			listener_drop(set);
			return NULL;
		}
		set->list[set->count++] = loop;
	}
	return set;
}

bool listener_prepare(struct listener *listener, const struct service *before,
    const struct service *service, struct loop_set **ret_set, char *wrong,
    size_t wrong_size)
{
	const struct loop_options options = choose(listener, service);
	const struct conf_listener *wanted =
	    listener_conf(listener, service->conf);
	struct loop_options present;

	*ret_set = NULL;
	if (before) {
		present = choose(listener, before);
		if (same(&options, &present))
			return true;
	}
	*ret_set = open_set(listener, &options, count_threads(service->conf));
	if (*ret_set)
		return true;
	if (listener_check_tls(wanted))
		snprintf(wrong, wrong_size, "libmicrohttpd did not start");
	else
		snprintf(wrong, wrong_size, "%s: " LISTENER_TLS_WRONG,
		    wanted == &service->conf->listen ? "listen" : "public");
	return false;
}

void listener_use(struct listener *listener, struct loop_set *set)
{
	struct loop_set *before;

	if (!set)
		return;
	pthread_mutex_lock(&listener->lock);
	before = listener->sets;
	for (unsigned i = 0; before && i < before->count; i++)
		loop_retire(before->list[i]);
	set->next = before;
	listener->sets = set;
	pthread_mutex_unlock(&listener->lock);
}

static bool is_busy(const struct loop_set *set)
{
	for (unsigned i = 0; i < set->count; i++)
		if (loop_busy(set->list[i]))
			return true;
	return false;
}

bool listener_tidy(struct listener *listener)
{
	struct loop_set **at, *ended = NULL;
	bool left;

	pthread_mutex_lock(&listener->lock);
	at = &listener->sets->next;
	while (*at) {
		struct loop_set *set = *at;

		if (is_busy(set)) {
			at = &set->next;
			continue;
		}
		*at = set->next;
		set->next = ended;
		ended = set;
	}
	left = listener->sets->next != NULL;
	pthread_mutex_unlock(&listener->lock);
	/* Without the lock, since this joins threads. */
	drop_all(ended);
	return left;
}

void listener_add(struct listener *listener, struct conn *conn)
{
	struct loop_set *set;

	pthread_mutex_lock(&listener->lock);
	set = listener->sets;
	loop_add(set->list[listener->next++ % set->count], conn);
	pthread_mutex_unlock(&listener->lock);
}
