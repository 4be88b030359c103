#include "service/who.h"

void who_name(
    const struct service *service, const struct jid *jid, struct who *ret_who)
{
	struct buf domain, user;

	buf_init(&domain, ret_who->domain, sizeof ret_who->domain);
	buf_add(&domain, jid->domain);
	buf_init(&user, ret_who->user, sizeof ret_who->user);
	if (service->keyring && service->keyring->count)
		keyring_user(&service->keyring->roots[0], jid, &user);
	if (!service->conf->log_jids)
		return;

	char memory[sizeof jid->memory]; /* it is cleared where it stands */
	struct buf bare;
	struct span fitting;
	buf_init(&bare, memory, sizeof memory);
	buf_add(&bare, jid->local);
	buf_text(&bare, jid->local.len ? "@" : "");
	buf_add(&bare, jid->domain);
	/* The log would cut it there anyway. */
	fitting = span_first(buf_span(&bare), sizeof ret_who->jid - 1);
	memcpy(ret_who->jid, fitting.at, fitting.len);
	ret_who->jid[fitting.len] = '\0';
}
