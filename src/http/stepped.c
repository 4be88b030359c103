#include "http/stepped.h"

#include "http/server.h"
#include "service/clock.h"

#include <inttypes.h>
#include <stdio.h>

#define AGAIN 60000000 /* microseconds */

static void say(struct server *server, int64_t left, int64_t back)
{
	int64_t now = clock_micros();
	int64_t next = atomic_load(&server->stepped.next);
	char text[256];

	if (now < next || !atomic_compare_exchange_strong(
			      &server->stepped.next, &next, now + AGAIN))
		return;
	snprintf(text, sizeof text,
	    "the clock stepped back %" PRId64
	    " s: signed requests are refused for another %" PRId64
	    " s, because slotd no longer knows which of them it has seen; "
	    "restart slotd",
	    back, left);
	server_note(server, CONF_LOG_ERROR, "clock", text);
}

int64_t stepped_look(struct server *server, int64_t *ret_back)
{
	int64_t left = replay_blocked(server->replay, clock_unix(), ret_back);

	if (left > 0)
		say(server, left, *ret_back);
	else if (atomic_exchange(&server->stepped.next, 0) != 0)
		server_note(server, CONF_LOG_INFO, "clock",
		    "signed requests are taken again");
	return left;
}

void stepped_over(struct server *server)
{
	int64_t back;

	if (atomic_load(&server->stepped.next) != 0)
		stepped_look(server, &back);
}
