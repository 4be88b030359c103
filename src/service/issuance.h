#ifndef SERVICE_ISSUANCE_H
#define SERVICE_ISSUANCE_H

#include "service/metrics.h"
#include "service/who.h"

/*
 * One slot under way, in the same steps for whoever issues slots: endpoints
 * and components. Who asks fills `request`, except for its jid. Then come
 * issuance_begin, issuance_run on the thread that issuance_waits says, and
 * either issuance_granted or, when the answer reaches nobody, slot_give_back:
 * its client will ask again. It must not be copied.
 */
struct issuance {
	struct slot_request request;
	struct jid jid;
	enum failure jid_failure; /* of reading it */
	struct refusal jid_why;
	struct slot slot;
	enum failure failure; /* of issuing the slot */
	struct refusal why;
	char id[9]; /* the first characters of {random}, for the log */
};

/* What a slot waits for while it is issued. */
enum issuance_wait {
	ISSUANCE_AT_ONCE,
	ISSUANCE_COUNTER, /* for a network */
	ISSUANCE_DISK,
};

/* Nothing is known yet. The room for two URLs is not cleared: that would cost
 * more than signing them. */
void issuance_init(struct issuance *issuance);

/* Reads the JID. */
void issuance_begin(struct issuance *issuance, struct span jid_text);

enum issuance_wait issuance_waits(
    const struct service *service, const struct issuance *issuance);

/* Issues the slot: sets slot or failure, and id. */
void issuance_run(const struct service *service, struct issuance *issuance);

/* Counts a granted slot, and logs when its user comes near the quota. */
void issuance_granted(const struct service *service, struct metrics *metrics,
    const struct issuance *issuance, const struct who *who);

#endif
