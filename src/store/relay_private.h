#ifndef STORE_RELAY_PRIVATE_H
#define STORE_RELAY_PRIVATE_H

#include "store/relay.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>

/* What the files of the relay share. relay_upload.c says which thread may
 * touch what. */

#define RELAY_NAME_MAX 1152
#define RELAY_BODY 1024 /* bytes of a store's answer that are kept */
/* Connections that are kept open, those in use included. When there are more,
 * one is closed at the end of an upload. */
#define RELAY_CONNECTIONS 256L

/* How many stores relay_known.c remembers. */
#define RELAY_STORES 64

/* What earlier uploads have found out: see relay_known.c. */
struct relay_store {
	size_t origin_len;
	char origin[272];     /* scheme, host and port */
	bool no_condition;    /* answers If-None-Match with 501 */
	int64_t silent_until; /* Expect is left out until then; seconds */
};

struct relay {
	CURLM *multi;
	pthread_t thread;
	_Atomic(int64_t) stall_timeout;
	int64_t (*clock)(void);
	atomic_bool cut;
	atomic_bool closing;
	/* The relay's thread alone. */
	struct relay_upload *running;
	int64_t looked; /* for stalls; seconds */

	pthread_mutex_t lock;       /* of what follows */
	struct relay_upload *told;  /* the relay's thread has to look at them */
	struct relay_upload *known; /* not over yet: no second one of a name */
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
	bool dropped; /* the relay's thread has to free it */
	struct relay_upload *next_told;
	struct relay_upload *next_known;

	/* The relay's thread alone. */
	bool begun;
	bool added;       /* to libcurl, and to relay->running */
	bool condition;   /* If-None-Match is sent */
	bool expectation; /* Expect is sent, and not yet answered */
	struct relay_upload *next;
	struct relay_upload **back;
	uint64_t given;  /* bytes, to libcurl */
	int64_t moved;   /* seconds; when the store last took a byte, or the
	                  * transfer began */
	unsigned status; /* of the head that is being read */
	size_t heads;    /* bytes of headers */
	bool answered;   /* with a final status: the store wants no more */
	size_t body_len;
	char body[RELAY_BODY + 1];

	pthread_mutex_t lock; /* of what follows */
	bool waiting;
	enum relay_event awaited;
	bool ready;  /* the store wants the body */
	bool paused; /* libcurl waits for bytes */
	bool over;   /* failure and reason are final */
	enum failure failure;
	char reason[128];
	size_t first; /* in ring */
	size_t held;
	char ring[RELAY_HELD];
};

/* relay_upload.c */

struct relay_upload *relay_upload_new(
    struct relay *relay, const struct relay_request *request);
/* On the relay's thread, or before it knows of the upload. */
void relay_upload_free(struct relay_upload *upload);
/* Whether the transfer can start again without the header that the store does
 * not know (501: If-None-Match, 417: Expect). It is then ready to start. */
bool relay_again(struct relay_upload *upload);
/* relay_known.c: whether the store of a URL knows If-None-Match and answers
 * Expect; true while nothing else is known. */
void relay_recall(struct relay *relay, const char *url, bool *ret_condition,
    bool *ret_expectation);
/* This store knows If-None-Match, or does not; it does not answer Expect. */
void relay_learn_condition(const struct relay_upload *upload, bool known);
void relay_learn_silence(const struct relay_upload *upload);
/* From here on another upload of this name may begin. */
void relay_leave(struct relay_upload *upload);
/* With upload->lock. */
bool relay_happened(const struct relay_upload *upload, enum relay_event event);
/* relay_judge.c: sets failure and reason. With upload->lock. */
void relay_judge(struct relay_upload *upload, CURLcode code);

#endif
