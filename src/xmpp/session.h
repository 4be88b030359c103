#ifndef XMPP_SESSION_H
#define XMPP_SESSION_H

#include <stdatomic.h>

#include "xmpp/component.h"
#include "xmpp/dial.h"
#include "xmpp/pace.h"

#define SESSION_IN 16384

/* A component's stream on a connected socket. One thread has it; others only
 * set `ending` and `renewed` and write to `wake`. */
struct session {
	struct component component;
	int wake;            /* an eventfd */
	atomic_bool ending;  /* the component ends */
	atomic_bool renewed; /* there is another configuration */

	struct dial dial;           /* where the server is */
	char jid[JID_PART_MAX + 1]; /* as the server knows it */
	int fd;
	struct pace pace;
	int64_t opened;  /* when the handshake was answered; 0: it was not */
	const char *why; /* it is over; NULL: the stream says why */
	char in[SESSION_IN];
	size_t in_len;
};

/* Runs the stream on fd until it is over, or until this side has ended it:
 * what was read is answered, and the server has a second to say goodbye.
 * component.stream stays open for session_reason; why and opened must be
 * cleared before. */
void session_run(struct session *session);

/* Appends why it is over, in an operator's words: at most SESSION_REASON
 * bytes. A stream error's name comes first. */
#define SESSION_REASON 256
void session_reason(const struct session *session, struct buf *out);

/* Logs a line with a state and, unless it is NULL, a reason. */
void session_say(const struct session *session, enum conf_log_level level,
    const char *state, const char *reason);

/* The newest service, held. */
struct service *session_service(const struct session *session);
/* Makes `wake` unreadable. */
void session_clear_wake(struct session *session);

#endif
