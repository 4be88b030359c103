#ifndef DOCTOR_FETCH_H
#define DOCTOR_FETCH_H

#include <signal.h>

#include "core/span.h"

/* The door to libcurl: one HTTP request, as a client would make it. */

#define FETCH_HEADERS 4
#define FETCH_BODY 16384
/* A presigned URL with a session token of which each byte is escaped. */
#define FETCH_LOCATION 20480

struct fetch_request {
	const char *method;
	const char *url;
	const char *headers[FETCH_HEADERS]; /* "Name: value"; NULL: no more */
	struct span body;                   /* at == NULL: none */
	bool expect; /* Expect: 100-continue, and a second for the answer */
	bool must;   /* even after *stop was set: what tidies up */
	/* Our own service: without proxies, whatever its certificate says. */
	bool ours;
	const char *unix_path; /* of the socket that it is asked on; NULL */
	long seconds;          /* it may take; 0: 30 */
};

enum fetch_result {
	FETCH_ANSWERED,
	FETCH_NO_NAME,       /* the host's name does not resolve */
	FETCH_NO_CONNECTION, /* refused, unreachable */
	FETCH_TLS,           /* no TLS, or another failure of it */
	FETCH_CERTIFICATE,   /* it is not trusted, or of another name */
	FETCH_TIMEOUT,
	FETCH_STOPPED,
	FETCH_BROKEN, /* anything else; see error */
};

struct fetch_reply {
	enum fetch_result result;
	char error[256]; /* when there was no answer: libcurl's sentence */
	unsigned status;
	int64_t date; /* the Date header in unix seconds; -1: none */
	char allow_origin[128];
	char allow_methods[128];
	char allow_headers[256];
	char location[FETCH_LOCATION]; /* longer ones are left out */
	char server[64];
	char type[128];        /* Content-Type */
	char disposition[256]; /* Content-Disposition */
	bool continued;        /* 100 Continue came */
	bool swift;            /* headers that OpenStack Swift alone has */
	size_t body_len;       /* what is beyond FETCH_BODY is dropped */
	char body[FETCH_BODY + 1];
};

/*
 * Once before threads, once at the end. SSL_CERT_FILE in the environment
 * names certificates to trust instead of the system's; proxies of the
 * environment are used.
 */
bool fetch_start(void);
void fetch_end(void);

/* Does it, within its time; follows no redirect. Ends early with
 * FETCH_STOPPED once *stop is not 0 (NULL: never). */
void fetch_do(const struct fetch_request *request,
    const volatile sig_atomic_t *stop, struct fetch_reply *ret_reply);

#endif
