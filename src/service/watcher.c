#include "service/watcher.h"

#include "service/clock.h"

#define PAUSE 1000000

/* Only changes are logged, also across a reload. */
static void note(struct watcher *watcher, const struct service *service,
    const struct store *store, const struct store_fault *fault)
{
	struct log_line line;

	if (fault == watcher->fault)
		return;
	watcher->fault = fault;
	log_begin(&line, &service->log, fault ? CONF_LOG_ERROR : CONF_LOG_WARN,
	    fault ? "storage takes no uploads" : "storage takes uploads again");
	log_text(&line, "path", store->place);
	if (fault)
		log_text(&line, "reason", fault->reason);
	log_end(&line);
}

/* The service is held meanwhile: the disk may hang, and a reload must neither
 * wait for it nor close the store. */
static int64_t look(void *argument)
{
	struct watcher *watcher = argument;
	struct service *service = watcher->newest(watcher->argument);
	struct store *store = service_file_store(service);

	if (store && store->class->look)
		note(watcher, service, store, store->class->look(store));
	service_release(service);
	return clock_micros() + PAUSE;
}

bool watcher_start(struct watcher *watcher)
{
	return ticker_start(&watcher->ticker, INT64_MAX, look, watcher);
}

void watcher_look(struct watcher *watcher)
{
	ticker_poke(&watcher->ticker);
}

bool watcher_stop(struct watcher *watcher, int64_t until)
{
	return ticker_stop(&watcher->ticker, false, until);
}
