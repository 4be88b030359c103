#include "service/watcher.h"

#include "service/clock.h"

#define PAUSE 1000000

/* The store may be watched already, by the configuration before. */
static void note(struct watcher *watcher, const struct service *service,
    const struct store *store, const struct store_fault *fault)
{
	struct log_line line;

	if (fault == watcher->fault)
		return;
	watcher->fault = fault;
	log_begin(&line, &service->log, fault ? CONF_LOG_ERROR : CONF_LOG_WARN,
	    fault ? "storage takes no uploads" : "storage takes uploads again");
	log_text(&line, "path", store->class->place(store));
	if (fault)
		log_text(&line, "reason", fault->reason);
	log_end(&line);
}

/* The lock is held, but not while it looks: a disk that does not answer keeps
 * this thread alone. */
static void look(struct watcher *watcher)
{
	struct service *service = watcher->service;
	struct store *store = service_file_store(service);
	const struct store_fault *fault;

	service_hold(service);
	watcher->busy = true;
	pthread_mutex_unlock(&watcher->lock);
	fault = store->class->look(store);
	pthread_mutex_lock(&watcher->lock);
	watcher->busy = false;
	note(watcher, service, store, fault);
	service_release(service);
	pthread_cond_broadcast(&watcher->changed);
}

static bool has_look(const struct service *service)
{
	const struct store *store = service_file_store(service);

	return store && store->class->look;
}

static void *run(void *argument)
{
	struct watcher *watcher = argument;
	int64_t next = clock_micros();

	pthread_mutex_lock(&watcher->lock);
	while (!watcher->stopping) {
		if (!watcher->service || !has_look(watcher->service)) {
			pthread_cond_wait(&watcher->changed, &watcher->lock);
		} else if (clock_micros() >= next) {
			look(watcher);
			next = clock_micros() + PAUSE;
		} else {
			clock_cond_wait(
			    &watcher->changed, &watcher->lock, next);
		}
	}
	pthread_mutex_unlock(&watcher->lock);
	return NULL;
}

bool watcher_start(struct watcher *watcher)
{
	*watcher = (struct watcher){ .service = NULL };
	pthread_mutex_init(&watcher->lock, NULL);
	clock_cond_init(&watcher->changed);
	return pthread_create(&watcher->thread, NULL, run, watcher) == 0;
}

void watcher_use(struct watcher *watcher, struct service *service)
{
	pthread_mutex_lock(&watcher->lock);
	watcher->service = service;
	pthread_cond_broadcast(&watcher->changed);
	pthread_mutex_unlock(&watcher->lock);
}

bool watcher_stop(struct watcher *watcher, int64_t until)
{
	bool stuck;

	pthread_mutex_lock(&watcher->lock);
	watcher->stopping = true;
	pthread_cond_broadcast(&watcher->changed);
	while (watcher->busy && clock_micros() < until)
		clock_cond_wait(&watcher->changed, &watcher->lock, until);
	stuck = watcher->busy;
	pthread_mutex_unlock(&watcher->lock);
	if (!stuck)
		pthread_join(watcher->thread, NULL);
	return !stuck;
}
