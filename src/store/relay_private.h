#ifndef STORE_RELAY_PRIVATE_H
#define STORE_RELAY_PRIVATE_H

#include "store/relay.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>

/*
 * What the files of the relay share.
 *
 * libcurl's multi handle, and with it all uploads, are used by one thread at a
 * time: the one that is between relay_enter and relay_leave. The functions
 * below, and libcurl's callbacks, run there, but for those that say otherwise.
 *
 * Nothing is called back to the caller in between: who is to be woken is noted
 * in relay->woken, and relay_leave does it. An upload stays there until then,
 * since whoever waits for it does not drop it.
 */

#define RELAY_NAME_MAX 1152
#define RELAY_BODY 1024 /* bytes of a store's answer that are kept */
#define RELAY_ORIGIN_MAX 272
/* Connections that are kept open, those in use included. When there are more,
 * one is closed at the end of an upload. */
#define RELAY_CONNECTIONS 256L

/* How many of libcurl's handles are kept for uploads to come. */
#define RELAY_IDLE 16
/* How many stores relay_known.c remembers. */
#define RELAY_STORES 64

/* What earlier uploads have found out: see relay_known.c. */
struct relay_store {
	size_t origin_len;
	char origin[RELAY_ORIGIN_MAX]; /* scheme, host and port */
	bool no_condition;             /* answers If-None-Match with 501 */
	int64_t silent_until; /* Expect is left out until then; seconds */
};

#define RELAY_NEVER INT64_MAX

struct relay {
	_Atomic(int64_t) stall_timeout;
	int64_t (*clock)(void);
	int epoll;              /* libcurl's sockets, and timer */
	int timer;              /* a timerfd */
	_Atomic(int64_t) armed; /* when timer ends, or RELAY_NEVER */

	pthread_mutex_t lock; /* of what follows, and of all uploads */
	CURLM *multi;         /* NULL: not started */
	bool spoilt;          /* see relay_watch_renew */
	bool proxied;         /* perhaps */
	struct relay_handle *idle;
	unsigned idle_count;
	int64_t now; /* when relay_enter was called */
	bool cut;
	int64_t due;                  /* when libcurl wants to be called */
	struct relay_upload *running; /* are with libcurl */
	struct relay_upload *woken;   /* are to be woken by relay_leave */
	struct relay_upload *known;   /* not over yet: no second of a name */
	size_t store_count;
	struct relay_store stores[RELAY_STORES];
};

/* libcurl's handle, for requests to one store. */
struct relay_handle {
	struct relay_handle *next; /* in relay->idle */
	CURL *curl;
	CURLU *url;                    /* the origin, parsed; or NULL */
	char origin[RELAY_ORIGIN_MAX]; /* empty: too long, or none */
};

struct relay_upload {
	/* Constant. */
	struct relay *relay;
	struct relay_handle *handle;
	uint64_t size;
	void (*wake)(void *argument);
	void *argument;
	size_t name_len;
	char name[RELAY_NAME_MAX];

	struct curl_slist *headers;
	struct relay_upload *next; /* in relay->running */
	struct relay_upload **back;
	struct relay_upload *next_known;
	struct relay_upload *next_woken;

	/* The transfer, see relay_upload.c. */
	bool added;       /* to libcurl, and to relay->running */
	bool condition;   /* If-None-Match is sent */
	bool expectation; /* Expect is sent, and not yet answered */
	uint64_t given;   /* bytes, to libcurl */
	int64_t moved;    /* seconds; when the store last took a byte, or the
			   * transfer began, or the client owed none any more */
	unsigned status;  /* of the head that is being read */
	size_t heads;     /* bytes of headers */
	bool answered;    /* with a final status: the store wants no more */
	size_t body_len;
	char body[RELAY_BODY + 1];

	/* Its socket, see relay_watch.c. */
	int fd;          /* -1: none */
	unsigned events; /* that it is watched for */
	bool writes;     /* libcurl wants to know when there is room */
	bool held;       /* and is told only when the client has sent bytes */

	bool ready;          /* the store wants the body */
	bool paused;         /* libcurl has asked for bytes, and got none */
	struct span offered; /* bytes of the client, inside of relay_write */
	bool waiting;
	enum relay_event awaited;
	/* When it is set, failure and reason are final: any thread may read
	 * them. */
	atomic_bool over;
	enum failure failure;
	char reason[128];
};

/* relay_watch.c */

bool relay_watch_open(struct relay *relay);
bool relay_watch_start(struct relay *relay);
/* Takes another multi handle in place of one that is spoilt: libcurl lacked
 * memory for a socket, keeps what it half knows of it, and divides by zero when
 * there is a socket with that number again (as of 7.88). No upload may be with
 * it. False: no memory. */
bool relay_watch_renew(struct relay *relay);
void relay_watch_close(struct relay *relay);
void relay_enter(struct relay *relay);
void relay_leave(struct relay *relay);
struct relay_upload *relay_upload_of(CURL *curl);
/* Whether the socket is not watched for room although libcurl waits for it. */
void relay_hold(struct relay_upload *upload, bool held);
/* Has the caller woken when what it waits for has happened. */
void relay_notice(struct relay_upload *upload);

/* The next bytes have to come from the client. */
static inline bool relay_starves(const struct relay_upload *upload)
{
	return upload->paused || upload->held;
}

/* relay_upload.c */

struct relay_upload *relay_upload_new(
    struct relay *relay, const struct relay_request *request);
void relay_upload_free(struct relay_upload *upload);
/* Whether the transfer can start again without the header that the store does
 * not know (501: If-None-Match, 417: Expect). It is then ready to start. */
bool relay_again(struct relay_upload *upload);

/* relay_drive.c */

/* False while another upload has this name. */
bool relay_take_name(struct relay_upload *upload);
/* Begins the transfer. */
void relay_transfer(struct relay_upload *upload);
/* Ends it, if it runs; the caller is not woken. */
void relay_end(struct relay_upload *upload);
/* Fails all that run, and those that are still to begin. */
void relay_end_all(struct relay *relay);
/* Sends what is offered, as far as the store takes it. */
void relay_push(struct relay_upload *upload);

/* relay_handle.c */

/* One of an earlier upload, or a new one, for a request to this URL. NULL: no
 * memory. */
struct relay_handle *relay_handle_take(struct relay *relay, const char *url);
/* Gives it back; `well`: it may be used again. */
void relay_handle_give(
    struct relay *relay, struct relay_handle *handle, bool well);
void relay_handle_free_all(struct relay *relay);

/* relay_known.c */

/* Scheme, host and port; empty: the URL has another form. */
struct span relay_origin(struct span url);
/* Whether the store knows If-None-Match and answers Expect; true while nothing
 * else is known. */
void relay_recall(const struct relay_upload *upload, bool *ret_condition,
    bool *ret_expectation);
/* This store knows If-None-Match, or does not; it does not answer Expect. */
void relay_learn_condition(const struct relay_upload *upload, bool known);
void relay_learn_silence(const struct relay_upload *upload);
/* relay_judge.c: sets failure and reason. */
void relay_judge(struct relay_upload *upload, CURLcode code);

#endif
