#include "service/issuance.h"

#include "core/base64.h"
#include "service/clock.h"
#include "service/random.h"

void issuance_init(struct issuance *issuance)
{
	issuance->request = (struct slot_request){ 0 };
	issuance->jid_failure = issuance->failure = FAILURE_NONE;
	issuance->jid_why = issuance->why = (struct refusal){ 0 };
	issuance->slot.counted = issuance->slot.charged = false;
	issuance->id[0] = '\0';
}

void issuance_begin(struct issuance *issuance, struct span jid_text)
{
	issuance->request.jid = &issuance->jid;
	issuance->jid_failure =
	    jid_read(jid_text, &issuance->jid, &issuance->jid_why);
}

/* The policy of the slot. NULL: there is none for its purpose. */
static const struct policy *policy_of(
    const struct service *service, const struct issuance *issuance)
{
	return policies_for(
	    service_issuer(service, issuance->jid.domain)->policies,
	    issuance->request.purpose);
}

static bool needs_disk(
    const struct service *service, const struct issuance *issuance)
{
	return issuance->jid_failure == FAILURE_NONE &&
	       service_issuer(service, issuance->jid.domain)
		   ->store->class->waits;
}

/* Whether the counter may wait for a network: for the domain's quota, or to
 * check the nonce. */
static bool needs_counter(
    const struct service *service, const struct issuance *issuance)
{
	const struct policy *policy = NULL;

	if (!service->issuers.quota->class->waits)
		return false;
	if (issuance->jid_failure == FAILURE_NONE)
		policy = policy_of(service, issuance);
	return issuance->request.nonce || (policy && policy_counts(policy));
}

enum issuance_wait issuance_waits(
    const struct service *service, const struct issuance *issuance)
{
	if (needs_counter(service, issuance))
		return ISSUANCE_COUNTER;
	return needs_disk(service, issuance) ? ISSUANCE_DISK : ISSUANCE_AT_ONCE;
}

static void note_id(struct issuance *issuance, const uint8_t *random)
{
	struct buf id;

	buf_init(&id, issuance->id, sizeof issuance->id);
	base64url_encode(&id, random, sizeof issuance->id / 4 * 3);
}

void issuance_run(const struct service *service, struct issuance *issuance)
{
	uint8_t random[RANDOM_BYTES];

	random_bytes(random, sizeof random);
	issuance->failure = issuance->jid_failure;
	issuance->why = issuance->jid_why;
	if (issuance->failure == FAILURE_NONE)
		issuance->failure = slot_issue(&service->issuers,
		    &issuance->request, clock_millis(), random, &issuance->slot,
		    &issuance->why);
	if (issuance->failure == FAILURE_NONE)
		note_id(issuance, random);
}

/* Logged once when a user comes near the quota. */
static void note_nearly(const struct service *service,
    const struct issuance *issuance, const struct who *who)
{
	if (!issuance->slot.nearly)
		return;

	struct log_line line; /* it is cleared where it stands */
	log_begin(&line, &service->log, CONF_LOG_INFO, "quota nearly used");
	if (who->user[0])
		log_text(&line, "user", who->user);
	log_text(&line, "domain", who->domain);
	if (who->jid[0])
		log_text(&line, "jid", who->jid);
	log_u64(&line, "bytes", issuance->slot.nearly);
	log_u64(&line, "bytes_per_day",
	    policy_of(service, issuance)->bytes_per_day);
	log_end(&line);
}

void issuance_granted(const struct service *service, struct metrics *metrics,
    const struct issuance *issuance, const struct who *who)
{
	note_nearly(service, issuance, who);
	metrics_slot(metrics, issuance->request.caller->id,
	    span_of(who->domain), issuance->request.size);
}
