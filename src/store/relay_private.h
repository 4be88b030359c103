#ifndef STORE_RELAY_PRIVATE_H
#define STORE_RELAY_PRIVATE_H

#include "store/relay.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>

/* What the files of the relay share among themselves. */

#define RELAY_NAME_MAX 1152
#define RELAY_BODY 1024 /* of the store's answer, that is looked at */
/* All that there are, those in use too: what is more is closed at the end of
 * an upload. */
#define RELAY_CONNECTIONS 256L

/* How many stores something is remembered of. */
#define RELAY_STORES 64

/* What uploads have taught about a store: see relay_known.c. */
struct relay_store {
	size_t origin_len;
	char origin[272];     /* scheme, host and port */
	bool no_condition;    /* it answers If-None-Match with 501 */
	int64_t silent_until; /* it does not answer Expect; seconds */
};

struct relay {
	CURLM *multi;
	pthread_t thread;
	_Atomic(int64_t) stall_timeout;
	int64_t (*clock)(void);
	atomic_bool cut;
	atomic_bool closing;
	/* The thread's own. */
	struct relay_upload *running;
	int64_t looked; /* for stalls */

	pthread_mutex_t lock; /* of what follows */
	struct relay_upload *told;
	struct relay_upload *known;
	size_t store_count;
	struct relay_store stores[RELAY_STORES];
};

struct relay_upload {
	struct relay *relay;
	CURL *curl;
	struct curl_slist *headers;
	uint64_t size;
	void (*wake)(void *argument);
	void *argument;
	size_t name_len;
	char name[RELAY_NAME_MAX];

	/* Under relay->lock. */
	bool told;
	bool dropped; /* to be freed */
	struct relay_upload *next_told;
	struct relay_upload *next_known;

	/* The thread's own. */
	bool begun;
	bool added;
	bool condition;   /* If-None-Match is sent */
	bool expectation; /* Expect is sent, and not answered yet */
	struct relay_upload *next;
	struct relay_upload **back;
	uint64_t given;  /* bytes, to libcurl */
	int64_t moved;   /* when the store last took any, or was to begin */
	unsigned status; /* of the head that is being read */
	size_t heads;    /* bytes of headers */
	bool answered;   /* by more than a 100: no body is wanted any more */
	size_t body_len;
	char body[RELAY_BODY + 1];

	pthread_mutex_t lock; /* of what follows */
	bool waiting;
	enum relay_event awaited;
	bool ready;  /* the store wants the body */
	bool paused; /* libcurl waits for bytes */
	bool over;   /* failure and reason stand */
	enum failure failure;
	char reason[128];
	size_t first; /* in ring */
	size_t held;
	char ring[RELAY_HELD];
};

/* relay_upload.c */

struct relay_upload *relay_upload_new(
    struct relay *relay, const struct relay_request *request);
/* On the thread, or before it was told. */
void relay_upload_free(struct relay_upload *upload);
/* Whether it can be tried again, without a condition or an expectation that
 * the store does not know (501, 417): then it is ready to be. */
bool relay_again(struct relay_upload *upload);
/* relay_known.c: whether this store, of a URL, takes If-None-Match, and
 * answers Expect, as far as is known. */
void relay_recall(struct relay *relay, const char *url, bool *ret_condition,
    bool *ret_expectation);
/* It knows If-None-Match, or not; it answers no Expect. */
void relay_learn_condition(const struct relay_upload *upload, bool known);
void relay_learn_silence(const struct relay_upload *upload);
/* From here on another of its name may begin. */
void relay_leave(struct relay_upload *upload);
/* With its lock. */
bool relay_happened(const struct relay_upload *upload, enum relay_event event);
/* relay_judge.c: what came of it, failure and reason. With its lock. */
void relay_judge(struct relay_upload *upload, CURLcode code);

#endif
