#include "service/metrics_component.h"

#include "service/metrics_text.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const char *const stanzas[METRICS_STANZAS] = { "slot", "disco", "ping",
	"version", "other" };
static const char *const answers[METRICS_ANSWERS] = { "result", "error",
	"none" };
static const char *const connects[METRICS_CONNECTS] = { "connected",
	"unreachable", "not-authorized", "host-unknown", "conflict", "failed" };

struct metrics_component {
	struct metrics_component *next;
	atomic_bool is_left;
	atomic_bool is_up;
	_Atomic(uint64_t) stanzas[METRICS_STANZAS][METRICS_ANSWERS];
	_Atomic(uint64_t) connects[METRICS_CONNECTS];
	size_t len;
	char domain[];
};

struct metrics_components {
	pthread_mutex_t lock; /* of the list; nothing is ever taken off it */
	struct metrics_component *first;
};

struct metrics_components *metrics_components_open(void)
{
	struct metrics_components *all = calloc(1, sizeof *all);

	if (all)
		pthread_mutex_init(&all->lock, NULL);
	return all;
}

void metrics_components_close(struct metrics_components *all)
{
	if (!all)
		return;
	while (all->first) {
		struct metrics_component *component = all->first;

		all->first = component->next;
		free(component);
	}
	pthread_mutex_destroy(&all->lock);
	free(all);
}

static struct span name_of(const struct metrics_component *component)
{
	return (struct span){ component->domain, component->len };
}

struct metrics_component *metrics_component(
    struct metrics_components *all, struct span domain)
{
	struct metrics_component *component;

	pthread_mutex_lock(&all->lock);
	component = all->first;
	while (component && !span_equal(name_of(component), domain))
		component = component->next;
	if (!component)
		component = calloc(1, sizeof *component + domain.len);
	if (component && !component->len) {
		memcpy(component->domain, domain.at, domain.len);
		component->len = domain.len;
		component->next = all->first;
		all->first = component;
	}
	if (component)
		atomic_store(&component->is_left, false);
	pthread_mutex_unlock(&all->lock);
	return component;
}

void metrics_component_leave(struct metrics_component *component)
{
	if (component)
		atomic_store(&component->is_left, true);
}

static void add_one(_Atomic(uint64_t) *count)
{
	atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
}

void metrics_stanza(struct metrics_component *component,
    enum metrics_stanza stanza, enum metrics_answer answer)
{
	if (component)
		add_one(&component->stanzas[stanza][answer]);
}

void metrics_connect(
    struct metrics_component *component, enum metrics_connect result)
{
	if (component)
		add_one(&component->connects[result]);
}

void metrics_up(struct metrics_component *component, bool is_up)
{
	if (component)
		atomic_store(&component->is_up, is_up);
}

/* --- writing --------------------------------------------------------------*/

static void begin_sample(
    FILE *out, const char *name, const struct metrics_component *component)
{
	fprintf(out, "%s{", name);
	metrics_label(out, "component", name_of(component));
}

static void write_up(FILE *out, const struct metrics_component *component)
{
	/* As 0 it would look like a fault. */
	if (atomic_load(&component->is_left))
		return;
	begin_sample(out, "slotd_component_up", component);
	fprintf(out, "} %d\n", atomic_load(&component->is_up));
}

static void write_stanzas(FILE *out, const struct metrics_component *component)
{
	for (unsigned i = 0; i < METRICS_STANZAS; i++)
		for (unsigned j = 0; j < METRICS_ANSWERS; j++) {
			begin_sample(
			    out, "slotd_component_stanzas_total", component);
			fprintf(out,
			    ",kind=\"%s\",result=\"%s\"} %" PRIu64 "\n",
			    stanzas[i], answers[j],
			    atomic_load(&component->stanzas[i][j]));
		}
}

static void write_connects(FILE *out, const struct metrics_component *component)
{
	for (unsigned i = 0; i < METRICS_CONNECTS; i++) {
		begin_sample(out, "slotd_component_connects_total", component);
		fprintf(out, ",result=\"%s\"} %" PRIu64 "\n", connects[i],
		    atomic_load(&component->connects[i]));
	}
}

void metrics_components_write(struct metrics_components *all, FILE *out)
{
	static const struct {
		const char *name;
		const char *type;
		const char *help;
		void (*write)(
		    FILE *out, const struct metrics_component *component);
	} rows[] = {
		{ "slotd_component_up", "gauge",
		    "Whether the component is connected to its XMPP server",
		    write_up },
		{ "slotd_component_stanzas_total", "counter",
		    "Stanzas from the XMPP server by kind and by what was "
		    "answered",
		    write_stanzas },
		{ "slotd_component_connects_total", "counter",
		    "Attempts to connect to the XMPP server by result",
		    write_connects },
	};
	struct metrics_component *first;

	pthread_mutex_lock(&all->lock);
	first = all->first;
	pthread_mutex_unlock(&all->lock);
	for (size_t i = 0; first && i < sizeof rows / sizeof *rows; i++) {
		metrics_head(out, rows[i].name, rows[i].type, rows[i].help);
		for (struct metrics_component *c = first; c; c = c->next)
			rows[i].write(out, c);
	}
}
