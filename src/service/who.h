#ifndef SERVICE_WHO_H
#define SERVICE_WHO_H

#include "service/service.h"

/* Whom a log line is about. "" where there is nothing to say. */
struct who {
	char domain[256];
	char user[KEYRING_TEXT + 1]; /* {user}, where there is a key_file */
	char jid[257];               /* bare; only with log.jids */
};

/* Names the user of this JID, as far as the configuration allows. */
void who_name(
    const struct service *service, const struct jid *jid, struct who *ret_who);

#endif
