#ifndef HTTP_REPLY_H
#define HTTP_REPLY_H

#include "http/request.h"
#include "slotd/failure.h"

struct MHD_Response;

/* An answer being written. Running out of memory ends the connection. */
struct reply {
	unsigned status;
	struct MHD_Response *response; /* NULL: no memory */
};

/* A body of static bytes; of malloc'ed text that
 * is freed (NULL: no memory). type may be NULL. */
struct reply reply_static(unsigned status, const char *type, struct span body);
struct reply reply_text(unsigned status, const char *type, char *body);

/*
 * A body that is read piece by piece. read gives bytes from offset on, 0 at
 * a fault (the connection is then closed), or -1 after it has suspended the
 * request by request_wait: it is then called again.
 */
typedef long reply_reader(
    void *argument, uint64_t offset, char *ret_bytes, size_t size);
struct reply reply_stream(unsigned status, const char *type, uint64_t size,
    reply_reader *read, void *argument);

void reply_header(struct reply *reply, const char *name, const char *value);

/* Queues it; reply is used up. */
void reply_send(struct request *request, struct reply *reply);

/* The problem document of a failure, with all that the table says. */
void reply_failure(
    struct request *request, enum failure failure, const struct refusal *why);
/* Likewise for FAILURE_METHOD_NOT_ALLOWED and FAILURE_RANGE_NOT_SATISFIABLE,
 * with the header that goes with it. */
void reply_failure_with(struct request *request, enum failure failure,
    const struct refusal *why, const char *name, const char *value);

/*
 * The same in the middle of a body, where libmicrohttpd takes no answer: its
 * bytes are written past it. The rest of the body is still to be read and
 * dropped, for clients that write all before they read; then the connection
 * is to be ended. False when that cannot be, under TLS: answer at the end.
 */
bool reply_early(
    struct request *request, enum failure failure, const struct refusal *why);

/* A failure as raw bytes with "Connection: close", for connections that
 * libmicrohttpd does not have. */
void reply_raw(enum failure failure, struct buf *out);

#endif
