#ifndef HTTP_REPLY_H
#define HTTP_REPLY_H

#include "http/request.h"
#include "slotd/failure.h"

struct MHD_Response;

/* An answer that is being made. If there is no memory for it, the connection is
 * closed. All functions are for the thread that has the request. */
struct reply {
	unsigned status;
	struct MHD_Response *response; /* NULL: no memory */
};

/* Answers whose body is static, or malloc'ed text or bytes that are freed
 * later (NULL: there is no memory). type may be NULL. */
struct reply reply_static(unsigned status, const char *type, struct span body);
struct reply reply_text(unsigned status, const char *type, char *body);
struct reply reply_bytes(
    unsigned status, const char *type, char *bytes, size_t len);

/*
 * An answer whose body is read piece by piece. read returns how many bytes it
 * gave, from offset on; 0 if it failed, and the connection is closed; -1 after
 * request_wait: it is called again when the request is resumed.
 */
typedef long reply_reader(
    void *argument, uint64_t offset, char *ret_bytes, size_t size);
struct reply reply_stream(unsigned status, const char *type, uint64_t size,
    reply_reader *read, void *argument);

/*
 * An answer whose body is `size` bytes of a file, from `first` on, which the
 * kernel sends by itself. Takes the descriptor. Not with TLS, see
 * reply_takes_file.
 *
 * ready is called on the event loop before each piece. It returns how many
 * bytes from this offset of the file on are to be sent now: at least `size`,
 * and no more if these are the last ones; 0 if it failed, and the connection is
 * closed; -1 after request_wait: it is called again when the request is
 * resumed.
 */
typedef long reply_ready(struct request *request, uint64_t offset, size_t size);
struct reply reply_file(struct request *request, unsigned status,
    const char *type, int fd, uint64_t first, uint64_t size,
    reply_ready *ready);
bool reply_takes_file(const struct request *request);

void reply_header(struct reply *reply, const char *name, const char *value);

/* Sends the answer, and frees what reply holds. To be called once for each
 * request. */
void reply_send(struct request *request, struct reply *reply);

/* Sends 200 with malloc'ed text (NULL: no memory) that no cache may keep. */
void reply_send_text(struct request *request, const char *type, char *body);

/* Sends the problem document of a failure, with the status and headers that
 * belong to it. */
void reply_failure(
    struct request *request, enum failure failure, const struct refusal *why);
/* The same with another header, such as Allow for FAILURE_METHOD_NOT_ALLOWED.
 * name may be NULL. */
void reply_failure_with(struct request *request, enum failure failure,
    const struct refusal *why, const char *name, const char *value);

/*
 * Sends a failure in the middle of a body, where libmicrohttpd takes no answer:
 * the bytes are written to the socket directly. The caller still reads and
 * drops the rest of the body, for clients that write all of it before they
 * read, and then ends the connection. False: it was not sent, as always with
 * TLS; the caller answers at the end of the body.
 */
bool reply_early(
    struct request *request, enum failure failure, const struct refusal *why);

/* Writes a failure as a whole HTTP answer with "Connection: close", for
 * connections that libmicrohttpd never gets. Any thread. */
void reply_raw(enum failure failure, struct buf *out);

#endif
