#include "store/relay_private.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* What the relay waits for: libcurl's sockets and times, as libcurl says in its
 * callbacks, all in one epoll for whoever runs the relay. */

/* How often stalls are looked for, in microseconds. */
#define TICK 1000000

static int on_timer(CURLM *multi, long milliseconds, void *of)
{
	struct relay *relay = of;

	(void)multi;
	relay->due = RELAY_NEVER;
	if (milliseconds >= 0)
		relay->due = relay->now + (int64_t)milliseconds * 1000;
	return 0;
}

struct relay_upload *relay_upload_of(CURL *curl)
{
	char *private = NULL;

	curl_easy_getinfo(curl, CURLINFO_PRIVATE, &private);
	return (struct relay_upload *)(void *)private;
}

static void watch(
    const struct relay *relay, int fd, int operation, unsigned events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	epoll_ctl(relay->epoll, operation, fd, &event);
}

/* While names are looked up and connections are tried an upload may have
 * several sockets. The last that libcurl speaks of is the connection's. `known`
 * is NULL for a new one. */
static int on_socket(
    CURL *curl, curl_socket_t fd, int what, void *of, void *known)
{
	struct relay *relay = of;
	struct relay_upload *upload = relay_upload_of(curl);
	unsigned events = 0;

	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(relay->epoll, EPOLL_CTL_DEL, fd, NULL);
		if (upload && upload->fd == fd) {
			upload->fd = -1;
			upload->held = false;
		}
		return 0;
	}
	if (what & CURL_POLL_IN)
		events |= EPOLLIN;
	if (what & CURL_POLL_OUT && !(upload && upload->held))
		events |= EPOLLOUT;
	if (!known) {
		curl_multi_assign(relay->multi, fd, relay);
		watch(relay, fd, EPOLL_CTL_ADD, events);
	} else if (!upload || fd != upload->fd || events != upload->events) {
		watch(relay, fd, EPOLL_CTL_MOD, events);
	}
	/* libcurl itself closes a connection over TLS (8.14 does). */
	if (!upload)
		return 0;
	upload->writes = what & CURL_POLL_OUT;
	upload->fd = fd;
	upload->events = events;
	return 0;
}

void relay_hold(struct relay_upload *upload, bool held)
{
	const unsigned events = EPOLLIN | (held ? 0u : (unsigned)EPOLLOUT);

	upload->held = held;
	if (upload->fd < 0 || !upload->writes || events == upload->events)
		return;
	watch(upload->relay, upload->fd, EPOLL_CTL_MOD, events);
	upload->events = events;
}

void relay_enter(struct relay *relay)
{
	pthread_mutex_lock(&relay->lock);
	relay->now = relay->clock();
}

void relay_notice(struct relay_upload *upload)
{
	const bool happened =
	    upload->over || (upload->awaited == RELAY_READY && upload->ready) ||
	    (upload->awaited == RELAY_ROOM && relay_starves(upload));

	if (!upload->waiting || !happened)
		return;
	upload->waiting = false;
	upload->next_woken = upload->relay->woken;
	upload->relay->woken = upload;
}

/* The timer may end early, but never late; so it is mostly left alone. */
static void set_timer(struct relay *relay)
{
	int64_t now = relay->now, wanted = relay->due, left;
	struct itimerspec time = { 0 };

	if (relay->running && wanted > now + TICK)
		wanted = now + TICK;
	if (wanted >= relay->armed)
		return;
	relay->armed = wanted;
	left = wanted > now ? wanted - now : 1;
	time.it_value.tv_sec = left / 1000000;
	time.it_value.tv_nsec = left % 1000000 * 1000;
	timerfd_settime(relay->timer, 0, &time, NULL);
}

void relay_leave(struct relay *relay)
{
	struct relay_upload *woken = relay->woken, *next;

	relay->woken = NULL;
	set_timer(relay);
	pthread_mutex_unlock(&relay->lock);
	for (; woken; woken = next) {
		/* Afterwards the upload may be gone. */
		next = woken->next_woken;
		woken->wake(woken->argument);
	}
}

int relay_fd(const struct relay *relay)
{
	return relay->epoll;
}

bool relay_watch_open(struct relay *relay)
{
	relay->due = RELAY_NEVER;
	relay->armed = RELAY_NEVER;
	relay->epoll = epoll_create1(EPOLL_CLOEXEC);
	relay->timer =
	    timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (relay->epoll < 0 || relay->timer < 0)
		return false;
	watch(relay, relay->timer, EPOLL_CTL_ADD, EPOLLIN);
	return true;
}

bool relay_watch_start(struct relay *relay)
{
	CURLM *multi = curl_multi_init();

	relay->multi = multi;
	if (!multi)
		return false;
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, RELAY_CONNECTIONS);
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, relay);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(multi, CURLMOPT_TIMERDATA, relay);
	return true;
}

bool relay_watch_renew(struct relay *relay)
{
	CURLM *before = relay->multi;

	if (!relay->spoilt)
		return true;
	if (!relay_watch_start(relay)) {
		relay->multi = before;
		return false;
	}
	curl_multi_cleanup(before);
	relay->spoilt = false;
	return true;
}

void relay_watch_close(struct relay *relay)
{
	if (relay->multi)
		curl_multi_cleanup(relay->multi);
	if (relay->epoll >= 0)
		close(relay->epoll);
	if (relay->timer >= 0)
		close(relay->timer);
}
