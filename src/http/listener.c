#include "http/listener.h"

#include "http/handler.h"
#include "http/route.h"
#include "http/tls.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct loops {
	struct loops *next; /* older */
	struct loop_options options;
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
    struct listener *listener, int fd, struct server *server, unsigned roles)
{
	*listener =
	    (struct listener){ .fd = fd, .server = server, .roles = roles };
	pthread_mutex_init(&listener->lock, NULL);
}

void listener_drop(struct loops *loops)
{
	if (!loops)
		return;
	for (unsigned i = 0; i < loops->count; i++)
		loop_close(loops->list[i]);
	free(loops);
}

void listener_done(struct listener *listener)
{
	while (listener->loops) {
		struct loops *next = listener->loops->next;

		listener_drop(listener->loops);
		listener->loops = next;
	}
	pthread_mutex_destroy(&listener->lock);
}

static void add_print(struct hash *hash, struct span text)
{
	const uint64_t len = text.len;

	hash_update(hash, (struct span){ (const char *)&len, sizeof len });
	hash_update(hash, text);
}

const struct conf_listener *listener_conf(
    const struct listener *listener, const struct conf *conf)
{
	return listener->roles & ROLE_LISTEN ? &conf->listen : &conf->public;
}

static struct loop_options choose(
    const struct listener *listener, const struct service *service)
{
	const struct conf *conf = service->conf;
	const struct conf_listener *wanted = listener_conf(listener, conf);
	struct loop_options options = { 0 };
	struct hash hash;

	options.files = (listener->roles & ROLE_PUBLIC) &&
			route_has_files(listener->server->routes, service);
	options.idle_timeout = conf->limits.idle_timeout;
	options.tls = wanted->tls_cert.len > 0;
	if (!options.tls)
		return options;
	hash_init(&hash);
	add_print(&hash, wanted->tls_cert);
	add_print(&hash, wanted->tls_key);
	hash_final(&hash, options.print);
	options.cert = wanted->tls_cert.at;
	options.key = wanted->tls_key.at;
	return options;
}

static bool same(const struct loop_options *a, const struct loop_options *b)
{
	return a->files == b->files && a->tls == b->tls &&
	       a->idle_timeout == b->idle_timeout &&
	       memcmp(a->print, b->print, sizeof a->print) == 0;
}

static struct loop *open_loop(
    const struct listener *listener, const struct loop_options *options)
{
	struct loop *loop = loop_open(listener);

	if (loop && loop_start(loop, handler_start(listener, options, loop)))
		return loop;
	return NULL;
}

bool listener_prepare(struct listener *listener, const struct service *service,
    struct loops **ret_loops, char *wrong, size_t wrong_size)
{
	struct loop_options options = choose(listener, service);
	const struct conf_listener *wanted =
	    listener_conf(listener, service->conf);
	unsigned count = count_threads(service->conf);
	struct loops *loops;

	*ret_loops = NULL;
	if (listener->loops && same(&options, &listener->options))
		return true;
	loops = calloc(1, sizeof *loops + count * sizeof *loops->list);
	while (loops && loops->count < count) {
		struct loop *loop = open_loop(listener, &options);

		if (!loop)
			break;
		loops->list[loops->count++] = loop;
	}
	/* They are the configuration's, and libmicrohttpd has read them. */
	options.cert = options.key = NULL;
	if (loops && loops->count == count) {
		loops->options = options;
		*ret_loops = loops;
		return true;
	}
	listener_drop(loops);
	if (tls_check(wanted))
		snprintf(wrong, wrong_size, "libmicrohttpd did not start");
	else
		snprintf(wrong, wrong_size, "%s: " TLS_APART,
		    wanted == &service->conf->listen ? "listen" : "public");
	return false;
}

void listener_use(struct listener *listener, struct loops *loops)
{
	if (!loops)
		return;
	pthread_mutex_lock(&listener->lock);
	for (unsigned i = 0; listener->loops && i < listener->loops->count; i++)
		loop_retire(listener->loops->list[i]);
	loops->next = listener->loops;
	listener->loops = loops;
	listener->options = loops->options;
	pthread_mutex_unlock(&listener->lock);
}

static bool at_work(const struct loops *loops)
{
	for (unsigned i = 0; i < loops->count; i++)
		if (loop_busy(loops->list[i]))
			return true;
	return false;
}

bool listener_tidy(struct listener *listener)
{
	struct loops **at, *ended = NULL;
	bool left;

	pthread_mutex_lock(&listener->lock);
	at = &listener->loops->next;
	while (*at) {
		struct loops *loops = *at;

		if (at_work(loops)) {
			at = &loops->next;
			continue;
		}
		*at = loops->next;
		loops->next = ended;
		ended = loops;
	}
	left = listener->loops->next != NULL;
	pthread_mutex_unlock(&listener->lock);
	while (ended) {
		struct loops *next = ended->next;

		listener_drop(ended);
		ended = next;
	}
	return left;
}

bool listener_add(struct listener *listener, const struct loop_guest *guest)
{
	struct loops *loops;
	bool taken;

	pthread_mutex_lock(&listener->lock);
	loops = listener->loops;
	taken = loop_add(loops->list[listener->next++ % loops->count], guest);
	pthread_mutex_unlock(&listener->lock);
	return taken;
}

bool listener_has_tls(struct listener *listener)
{
	bool tls;

	pthread_mutex_lock(&listener->lock);
	tls = listener->options.tls;
	pthread_mutex_unlock(&listener->lock);
	return tls;
}
