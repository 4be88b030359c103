#ifndef HTTP_HOLD_H
#define HTTP_HOLD_H

/*
 * A busy loop has several requests to answer at each turn. If each answer is
 * sent at once, a client on this host is woken for each of them, and to wake a
 * thread costs more than a third of a slot. So the answers of a turn wait in
 * their sockets (MSG_MORE) and leave together. For this the program has a
 * sendmsg of its own, which libmicrohttpd uses too.
 *
 * Each thread has a turn of its own; a thread that never calls hold_release
 * holds nothing.
 */

/* Ends a turn of this thread: what was held is sent. The answers of the next
 * turn are held if this one had several. */
void hold_release(void);

#endif
