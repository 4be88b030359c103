#ifndef XMPP_WIRE_H
#define XMPP_WIRE_H

#include <sys/types.h>

#include "xmpp/stream.h"

/* The bytes of a stream on a connected socket, which does not block. */

#define WIRE_SHAKE 10 /* seconds for header and handshake */

/* Sends what can be sent. Gives how many bytes that were; -1 with a sentence in
 * *ret_why: the connection is gone. */
ssize_t wire_send(int fd, struct stream *stream, const char **ret_why);

/* Reads what is there. Gives how many bytes that were, 0 for none yet; -1 with
 * a sentence in *ret_why: the connection is gone. */
ssize_t wire_receive(int fd, char *memory, size_t size, const char **ret_why);

/*
 * Whether the server sends nothing more behind its header, so that it waits for
 * the handshake. One that does not know the name sends an error at once; behind
 * a handshake the same error would be about the secret. Waits a fifth of a
 * second, or until `wake` is readable.
 */
bool wire_is_quiet(int fd, int wake);

#endif
