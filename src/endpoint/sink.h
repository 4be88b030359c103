#ifndef ENDPOINT_SINK_H
#define ENDPOINT_SINK_H

#include "http/request.h"
#include "endpoint/receive.h"

/*
 * Where the bytes of one PUT go: into a store that takes them itself
 * (upload_open), or on to one by HTTP (forward). A function that may have to
 * wait suspends the request. After a failure the sink takes and drops what
 * comes.
 */
struct sink;

struct sink_class {
	/* Makes one for a plan whose type is valid; NULL: no memory. */
	struct sink *(*make)(
	    struct request *request, const struct receive_plan *plan);
	/* Always suspends. In `then` sink->failure tells whether bytes may
	 * come. */
	void (*open)(struct request *request, struct sink *sink,
	    void (*then)(struct request *request));
	/* Less than len only together with a suspension. */
	size_t (*write)(struct request *request, struct sink *sink,
	    const char *bytes, size_t len);
	/* Always suspends. In `then` the file is there, or sink->failure
	 * says why not. */
	void (*commit)(struct request *request, struct sink *sink,
	    void (*then)(struct request *request));
	/* Frees it; what was not committed is gone. */
	void (*drop)(struct request *request, struct sink *sink);
};

struct sink {
	const struct sink_class *class;
	enum failure failure;
	struct refusal why;
};

/* The sink of a request that receives. */
struct sink *receive_sink(const struct request *request);

extern const struct sink_class sink_file;
extern const struct sink_class sink_relay;

#endif
