#ifndef NET_FETCH_H
#define NET_FETCH_H

#include "core/span.h"

/*
 * One HTTP request over libcurl, which the calling thread waits for. Redirects
 * are not followed. SSL_CERT_FILE in the environment names certificates to
 * trust instead of the system's.
 */

#define FETCH_HEADERS 4
#define FETCH_BODY 32768
/* A presigned URL with a session token of which each byte is escaped. */
#define FETCH_LOCATION 20480

/* Connections that are kept for the next request. */
struct fetch_line;

struct fetch_request {
	const char *method;
	const char *url; /* http:// or https://; the path is sent as it is */
	const char *headers[FETCH_HEADERS]; /* "Name: value"; NULL: no more */
	struct span body; /* at == NULL: none; else Content-Length is sent */
	/* Gives a body of give_size bytes instead, piece by piece: like pread,
	 * it reads up to `size` of those from `offset` on. 0, or less, before
	 * the end breaks the request off: FETCH_BROKEN. NULL: see body. */
	long (*give)(void *of, uint64_t offset, char *bytes, size_t size);
	uint64_t give_size;
	bool expect; /* Expect: 100-continue, and a second for the answer */
	bool whole;  /* a body over FETCH_BODY is an error, else its end is
	              * dropped */
	/* Takes the body of an answer of 2xx piece by piece, which then is not
	 * in the reply. False ends it: FETCH_BROKEN. NULL: it goes there. */
	bool (*take)(void *of, struct span bytes);
	void *of;                /* of give and take */
	struct fetch_line *line; /* NULL: the connection is closed */
	bool direct; /* not by the proxies that the environment names */
	bool any_certificate;  /* whoever signed it, for whatever name */
	const char *unix_path; /* connects to this socket; NULL: to the URL's
	                        * host */
	long seconds;          /* for all of it; 0: 30 */
	long stall_seconds;    /* without a byte, instead of `seconds`; 0: see
	                        * there */
	long connect_seconds;  /* until there is a connection; 0: 10 */
};

enum fetch_result {
	FETCH_ANSWERED,
	FETCH_NO_NAME,       /* the host's name does not resolve */
	FETCH_NO_CONNECTION, /* refused, unreachable */
	FETCH_TLS,           /* no TLS, or another failure of it */
	FETCH_CERTIFICATE,   /* it is not trusted, or of another name */
	FETCH_TIMEOUT,
	FETCH_STOPPED,
	FETCH_TOO_LARGE, /* too many headers, or a body over FETCH_BODY */
	FETCH_BROKEN,    /* anything else; see error */
};

/* May hold secrets: whoever asked for some wipes it. */
struct fetch_reply {
	enum fetch_result result;
	char error[256]; /* unless FETCH_ANSWERED: why, in libcurl's words;
	                  * FETCH_TOO_LARGE: "more than N bytes" */
	unsigned status;
	int64_t date; /* the Date header in unix seconds; -1: none */
	/* Headers: printable ASCII, and cut where they are longer. */
	char allow_origin[128]; /* Access-Control-Allow-… */
	char allow_methods[128];
	char allow_headers[256];
	char location[FETCH_LOCATION]; /* left out where it is longer */
	char server[64];
	char type[128];        /* Content-Type */
	char disposition[256]; /* Content-Disposition */
	/* x-amz-transition-default-minimum-object-size */
	char transition[64];
	bool continued; /* 100 Continue came */
	bool is_file;   /* Last-Modified came */
	bool swift;     /* headers that only OpenStack Swift sends */
	size_t body_len;
	char body[FETCH_BODY + 1]; /* a NUL follows it */
};

/* Opens and closes libcurl for the process. No two threads at the same time;
 * each start has its end. Memory that libcurl gives back is wiped. */
bool fetch_start(void);
void fetch_end(void);

/* For requests of one thread at a time. NULL: no memory. Closing wants NULL
 * or a line that is not in use. */
struct fetch_line *fetch_line_open(void);
void fetch_line_close(struct fetch_line *line);

/* Any thread. Ends at once with FETCH_STOPPED when the file descriptor `stop`
 * becomes readable, which stays as it is; -1: never. */
void fetch(const struct fetch_request *request, int stop,
    struct fetch_reply *ret_reply);

/* Whether `stop` is readable. */
bool fetch_stopped(int stop);

#endif
