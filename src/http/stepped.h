#ifndef HTTP_STEPPED_H
#define HTTP_STEPPED_H

#include <stdatomic.h>
#include <stdint.h>

struct server;

/*
 * A clock that was ahead and is set right: the replay table then refuses all
 * signed requests until the time that it had (see replay_blocked), which only
 * a restart can end earlier. Any thread may look.
 */
struct stepped {
	_Atomic(int64_t) next; /* clock_micros: to be said again; 0: all is
	                        * well */
};

/*
 * For how many seconds signed requests are still refused, after the clock
 * stepped back by ret_back seconds; 0: they are not. Says so in the log, once
 * a minute, and when it is over.
 */
int64_t stepped_look(struct server *server, int64_t *ret_back);

/* As stepped_look when something was said before, else nothing. */
void stepped_over(struct server *server);

#endif
