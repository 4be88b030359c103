#ifndef ENDPOINT_SINK_H
#define ENDPOINT_SINK_H

#include "http/request.h"
#include "endpoint/receive.h"

/*
 * Where the bytes of one PUT go: into a store that keeps files itself
 * (upload_open), or on to a store over HTTP (forward). All functions are
 * called on the request's event loop. One that may have to wait suspends the
 * request; until it is resumed, the sink belongs to another thread. After a
 * failure the sink drops what it is given.
 */
struct sink;

struct sink_class {
	/* Makes a sink for a plan whose type is valid. NULL: no memory. */
	struct sink *(*make)(
	    struct request *request, const struct receive_plan *plan);
	/* Always suspends. In `then`, sink->failure says whether the store
	 * accepts the file. */
	void (*open)(struct request *request, struct sink *sink,
	    void (*then)(struct request *request));
	/* Returns how much was taken: less than len only if it suspends. */
	size_t (*write)(struct request *request, struct sink *sink,
	    const char *bytes, size_t len);
	/* Always suspends. In `then` the file is stored, or sink->failure says
	 * why not. */
	void (*commit)(struct request *request, struct sink *sink,
	    void (*then)(struct request *request));
	/* Frees the sink. A file that was not committed is removed. */
	void (*drop)(struct request *request, struct sink *sink);
};

struct sink {
	const struct sink_class *class;
	enum failure failure;
	struct refusal why;
};

/* The sink of a request whose state is a struct receive. */
struct sink *receive_sink(const struct request *request);

extern const struct sink_class sink_file;
extern const struct sink_class sink_relay;

#endif
