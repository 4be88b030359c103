#ifndef SERVICE_METRICS_COMPONENT_H
#define SERVICE_METRICS_COMPONENT_H

#include <stdbool.h>
#include <stdio.h>

#include "core/span.h"

/* What GET /metrics shows of components. The numbers live as long as the
 * process and are kept over reloads. Any thread may count. */
struct metrics_components;
struct metrics_component;

/* What a stanza is. */
enum metrics_stanza {
	METRICS_SLOT,
	METRICS_DISCO,
	METRICS_PING,
	METRICS_VERSION,
	METRICS_OTHER,
	METRICS_STANZAS
};

/* What was answered to it. */
enum metrics_answer {
	METRICS_RESULT,
	METRICS_ERROR,
	METRICS_NO_ANSWER,
	METRICS_ANSWERS
};

/* How an attempt to connect has ended. */
enum metrics_connect {
	METRICS_CONNECTED,
	METRICS_UNREACHABLE,
	METRICS_NOT_AUTHORIZED,
	METRICS_HOST_UNKNOWN,
	METRICS_CONFLICT,
	METRICS_FAILED, /* in another way */
	METRICS_CONNECTS
};

/* NULL: no memory. */
struct metrics_components *metrics_components_open(void);
/* NULL is allowed. */
void metrics_components_close(struct metrics_components *all);

/* The numbers of the component with this domain, for as long as `all` lives.
 * NULL: no memory. */
struct metrics_component *metrics_component(
    struct metrics_components *all, struct span domain);

/* It is not configured any more: its counters stay, and whether it is connected
 * is not written until metrics_component is called for it again. NULL is
 * allowed. */
void metrics_component_leave(struct metrics_component *component);

/* NULL as component: nothing is counted. */
void metrics_stanza(struct metrics_component *component,
    enum metrics_stanza stanza, enum metrics_answer answer);
void metrics_connect(
    struct metrics_component *component, enum metrics_connect result);
/* Whether it is connected now. */
void metrics_up(struct metrics_component *component, bool is_up);

/* Writes the numbers of all; nothing if there never was a component. */
void metrics_components_write(struct metrics_components *all, FILE *out);

#endif
