#ifndef HTTP_EOF_H
#define HTTP_EOF_H

#include <stdbool.h>

/*
 * Clients may say that they will send no more, and wait for the answer (nc -N,
 * shutdown(SHUT_WR)). After a resume libmicrohttpd reads before it looks at an
 * answer, takes the end of what comes for the end of the connection, and
 * closes it without a word. So that end is hidden from it while a request is
 * suspended: recv is ours, in this program and for its libraries, and is told
 * here which sockets are waited for. They must stay open meanwhile.
 */
void eof_hide(int fd);

/* No longer. Whether the end was there, and was hidden; the next answer should
 * then close the connection, for its end is not reported again. */
bool eof_show(int fd);

#endif
