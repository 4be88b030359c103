#include "http/gate.h"

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

void gate_init(struct gate *gate, int fd, struct server *server, unsigned doors)
{
	*gate = (struct gate){ .fd = fd, .entrance = { server, doors } };
	pthread_mutex_init(&gate->lock, NULL);
}

void gate_drop(struct loops *loops)
{
	if (!loops)
		return;
	for (unsigned i = 0; i < loops->count; i++)
		loop_close(loops->list[i]);
	free(loops);
}

void gate_done(struct gate *gate)
{
	while (gate->loops) {
		struct loops *next = gate->loops->next;

		gate_drop(gate->loops);
		gate->loops = next;
	}
	pthread_mutex_destroy(&gate->lock);
}

static void add_print(struct hash *hash, struct span text)
{
	const uint64_t len = text.len;

	hash_update(hash, (struct span){ (const char *)&len, sizeof len });
	hash_update(hash, text);
}

const struct conf_listener *gate_listener(
    const struct gate *gate, const struct conf *conf)
{
	return gate->entrance.doors & DOOR_LISTEN ? &conf->listen
						  : &conf->public;
}

static struct loop_options choose(
    const struct gate *gate, const struct service *service)
{
	const struct conf *conf = service->conf;
	const struct conf_listener *listener = gate_listener(gate, conf);
	struct loop_options options = { 0 };
	struct hash hash;

	options.files = (gate->entrance.doors & DOOR_PUBLIC) &&
			route_has_files(gate->entrance.server->routes, service);
	options.idle_timeout = conf->limits.idle_timeout;
	options.tls = listener->tls_cert.len > 0;
	if (!options.tls)
		return options;
	hash_init(&hash);
	add_print(&hash, listener->tls_cert);
	add_print(&hash, listener->tls_key);
	hash_final(&hash, options.print);
	options.cert = listener->tls_cert.at;
	options.key = listener->tls_key.at;
	return options;
}

static bool same(const struct loop_options *a, const struct loop_options *b)
{
	return a->files == b->files && a->tls == b->tls &&
	       a->idle_timeout == b->idle_timeout &&
	       memcmp(a->print, b->print, sizeof a->print) == 0;
}

static struct loop *open_loop(
    const struct gate *gate, const struct loop_options *options)
{
	struct loop *loop = loop_open(&gate->entrance);

	if (loop &&
	    loop_start(loop, handler_start(&gate->entrance, options, loop)))
		return loop;
	return NULL;
}

bool gate_prepare(struct gate *gate, const struct service *service,
    struct loops **ret_loops, char *wrong, size_t wrong_size)
{
	struct loop_options options = choose(gate, service);
	const struct conf_listener *listener =
	    gate_listener(gate, service->conf);
	unsigned count = count_threads(service->conf);
	struct loops *loops;

	*ret_loops = NULL;
	if (gate->loops && same(&options, &gate->options))
		return true;
	loops = calloc(1, sizeof *loops + count * sizeof *loops->list);
	while (loops && loops->count < count) {
		struct loop *loop = open_loop(gate, &options);

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
	gate_drop(loops);
	if (tls_check(listener))
		snprintf(wrong, wrong_size, "libmicrohttpd did not start");
	else
		snprintf(wrong, wrong_size, "%s: " TLS_APART,
		    listener == &service->conf->listen ? "listen" : "public");
	return false;
}

void gate_use(struct gate *gate, struct loops *loops)
{
	if (!loops)
		return;
	pthread_mutex_lock(&gate->lock);
	for (unsigned i = 0; gate->loops && i < gate->loops->count; i++)
		loop_retire(gate->loops->list[i]);
	loops->next = gate->loops;
	gate->loops = loops;
	gate->options = loops->options;
	pthread_mutex_unlock(&gate->lock);
}

static bool at_work(const struct loops *loops)
{
	for (unsigned i = 0; i < loops->count; i++)
		if (loop_busy(loops->list[i]))
			return true;
	return false;
}

bool gate_tidy(struct gate *gate)
{
	struct loops **at, *ended = NULL;
	bool left;

	pthread_mutex_lock(&gate->lock);
	at = &gate->loops->next;
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
	left = gate->loops->next != NULL;
	pthread_mutex_unlock(&gate->lock);
	while (ended) {
		struct loops *next = ended->next;

		gate_drop(ended);
		ended = next;
	}
	return left;
}

bool gate_add(struct gate *gate, const struct loop_guest *guest)
{
	struct loops *loops;
	bool taken;

	pthread_mutex_lock(&gate->lock);
	loops = gate->loops;
	taken = loop_add(loops->list[gate->next++ % loops->count], guest);
	pthread_mutex_unlock(&gate->lock);
	return taken;
}

bool gate_has_tls(struct gate *gate)
{
	bool tls;

	pthread_mutex_lock(&gate->lock);
	tls = gate->options.tls;
	pthread_mutex_unlock(&gate->lock);
	return tls;
}
