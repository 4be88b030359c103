#include "xmpp/upload.h"

#include "service/clock.h"
#include "xmpp/pending.h"

#include <stdlib.h>
#include <string.h>

/* The answer that was made first has room for most. */
#define TEXT_FIRST 2048

/* --- one slot -------------------------------------------------------------*/

static enum conf_log_level level_of(enum failure failure)
{
	return failure == FAILURE_INTERNAL || failure == FAILURE_UNAVAILABLE ||
		       failure == FAILURE_INSUFFICIENT_STORAGE
		   ? CONF_LOG_ERROR
		   : CONF_LOG_INFO;
}

static void add_text(struct log_line *line, const char *key, const char *value)
{
	if (value && *value)
		log_text(line, key, value);
}

/* sent: whether somebody gets the answer. */
static void log_slot(const struct service *service, const struct upload *upload,
    const struct issuance *issuance, const struct who *who, bool sent)
{
	const enum failure failure = issuance->failure;
	struct log_line line;

	log_begin(&line, &service->log, level_of(failure), "request");
	add_text(&line, "user", who->user);
	if (failure == FAILURE_NONE)
		log_text(&line, "slot", issuance->id);
	log_text(&line, "route", "component");
	log_span(&line, "caller", issuance->request.caller->id);
	add_text(&line, "domain", who->domain);
	add_text(&line, "jid", who->jid);
	log_u64(&line, "size", issuance->request.size);
	if (failure != FAILURE_NONE)
		log_text(&line, "code", failure_entry(failure)->code);
	add_text(&line, "reason", issuance->why.reason);
	if (!sent)
		log_text(&line, "ended", "early");
	log_u64(&line, "us", (uint64_t)(clock_micros() - upload->started));
	log_end(&line);
}

static void begin(const struct service *service,
    const struct conf_component *conf, const struct upload *upload,
    struct issuance *issuance, struct who *ret_who)
{
	ret_who->domain[0] = '\0';
	ret_who->user[0] = '\0';
	ret_who->jid[0] = '\0';
	issuance_init(issuance);
	issuance->request = upload->request;
	issuance->request.caller = &conf->caller;
	issuance_begin(issuance, upload->answer.to);
	if (issuance->jid_failure == FAILURE_NONE)
		who_name(service, &issuance->jid, ret_who);
}

static void refuse(
    struct issuance *issuance, enum failure failure, const char *detail)
{
	issuance->failure = failure_detail(failure, detail, &issuance->why);
}

static void finish(const struct service *service, struct metrics *metrics,
    struct metrics_component *numbers, const struct upload *upload,
    const struct issuance *issuance, const struct who *who, bool sent)
{
	if (issuance->failure != FAILURE_NONE)
		metrics_refusal(metrics, issuance->failure);
	else if (sent)
		issuance_granted(service, metrics, issuance, who);
	metrics_stanza(numbers, METRICS_SLOT,
	    !sent                               ? METRICS_NO_ANSWER
	    : issuance->failure == FAILURE_NONE ? METRICS_RESULT
						: METRICS_ERROR);
	log_slot(service, upload, issuance, who, sent);
}

/* --- one that waits -------------------------------------------------------*/

/* A copy of the request, for a thread of a pool. */
struct order {
	struct pool_job job;
	struct service *service; /* held */
	const struct conf_component *conf;
	struct metrics *metrics;
	struct metrics_component *numbers;
	struct pending *pending;
	unsigned stream;
	struct upload upload;
	char memory[];
};

/* Copies what a span points to, if it points anywhere. */
static void copy(struct buf *memory, struct span *span)
{
	const size_t before = memory->len;

	if (!span->at)
		return;
	buf_add(memory, *span);
	buf_char(memory, '\0');
	span->at = memory->at + before;
}

static struct order *make_order(const struct upload *upload)
{
	struct upload own = *upload;
	struct span *const spans[] = { &own.answer.id, &own.answer.from,
		&own.answer.to, &own.element.space, &own.element.name,
		&own.element.attributes, &own.request.filename,
		&own.request.type };
	const size_t count = sizeof spans / sizeof *spans;
	size_t size = count + 1;
	struct order *order;
	struct buf memory;

	/* An error would not repeat it. */
	if (own.element.attributes.len > ANSWER_ELEMENT_MAX)
		own.element.name = own.element.attributes = SPAN_EMPTY;
	for (size_t i = 0; i < count; i++)
		size += spans[i]->at ? spans[i]->len : 0;
	order = malloc(sizeof *order + size);
	if (!order)
		return NULL;
	buf_init(&memory, order->memory, size);
	for (size_t i = 0; i < count; i++)
		copy(&memory, spans[i]);
	order->upload = own;
	return order;
}

/* The answer, malloc'ed; NULL: no memory. */
static char *compose(const struct upload_outcome *outcome, size_t *ret_len)
{
	for (size_t size = TEXT_FIRST; size <= STREAM_OUT_MAX; size *= 2) {
		char *memory = malloc(size);
		struct buf text;

		if (!memory)
			return NULL;
		buf_init(&text, memory, size);
		upload_write(&text, outcome);
		*ret_len = text.len;
		if (buf_ok(&text))
			return memory;
		free(memory);
	}
	return NULL;
}

static void run(void *argument)
{
	struct order *order = argument;
	UNCLEARED struct issuance issuance;
	const struct upload_outcome outcome = { &order->upload, &issuance };
	struct who who;
	char *text = NULL;
	size_t len = 0;
	bool sent;

	begin(order->service, order->conf, &order->upload, &issuance, &who);
	if (pending_wanted(order->pending, order->stream)) {
		issuance_run(order->service, &issuance);
		text = compose(&outcome, &len);
	} else {
		refuse(&issuance, FAILURE_UNAVAILABLE, NULL);
		issuance.why.reason = "the stream has ended";
	}
	sent = pending_put(order->pending, order->stream, text, len);
	if (!sent)
		slot_give_back(order->service->issuers.quota, &issuance.slot);
	finish(order->service, order->metrics, order->numbers, &order->upload,
	    &issuance, &who, sent);
	service_release(order->service);
}

/* False: it cannot wait. */
static bool hand_over(struct component *component, const struct upload *upload,
    enum issuance_wait how)
{
	const struct component_house *house = component->house;
	struct order *order = make_order(upload);

	if (order && pending_add(component->pending, &order->stream)) {
		service_hold(component->service);
		order->service = component->service;
		order->conf = component->conf;
		order->metrics = house->metrics;
		order->numbers = component->numbers;
		order->pending = component->pending;
		order->job = (struct pool_job){
			.run = run,
			.done = free,
			.argument = order,
		};
		pool_run(house->pool(house->argument, how), &order->job);
		return true;
	}
	free(order);
	return false;
}

/* Strangers are refused here, so that they fill no queue. */
static bool is_stranger(const struct issuance *issuance)
{
	return issuance->jid_failure == FAILURE_NONE &&
	       !auth_allows(issuance->request.caller, issuance->jid.domain);
}

void upload_take(struct component *component, const struct upload *upload)
{
	const struct service *service = component->service;
	struct metrics *metrics = component->house->metrics;
	enum issuance_wait how;
	UNCLEARED struct issuance issuance;
	const struct upload_outcome outcome = { upload, &issuance };
	struct who who;

	begin(service, component->conf, upload, &issuance, &who);
	how = issuance_waits(service, &issuance);
	if (upload->wrong)
		refuse(&issuance, FAILURE_BAD_REQUEST, upload->wrong);
	else if (is_stranger(&issuance))
		refuse(&issuance, FAILURE_FORBIDDEN,
		    "this service is not for users of your domain");
	else if (how == ISSUANCE_AT_ONCE)
		issuance_run(service, &issuance);
	else if (hand_over(component, upload, how))
		return;
	else
		refuse(&issuance, FAILURE_RATE_LIMITED,
		    "too many requests wait: try again in a moment");
	stream_send(component->stream, upload_write, &outcome);
	finish(service, metrics, component->numbers, upload, &issuance, &who,
	    true);
}
