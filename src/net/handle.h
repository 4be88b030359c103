#ifndef NET_HANDLE_H
#define NET_HANDLE_H

#include "core/span.h"

#include <curl/curl.h>

/* What all transfers have in common: those of net/fetch.c and the relay's. */

/* libcurl keeps every header line, and the trailers of a body too, without a
 * limit of its own: header callbacks count the bytes and stop here. */
#define HANDLE_HEADERS_MAX 65536

/*
 * A handle for a URL, which is copied; NULL: no memory. The path is sent as
 * it is, redirects are not followed, no signal is used or awaited, and the
 * thread that looks up a name is not waited for. A connection must be there
 * after connect_seconds. SSL_CERT_FILE in the environment names the file of
 * certificates to trust, else `trusted` does; NULL: libcurl's own choice.
 */
CURL *handle_open(const char *url, long connect_seconds, const char *trusted);

/* Whether the environment names a proxy that libcurl may use. */
bool handle_proxied(void);

/* Appends a copy of "Name: value"; false: no memory. */
bool handle_header(struct curl_slist **list, const char *header);

/* The status in a line of a head when it is the first one, else 0. */
unsigned handle_status(struct span line);

#endif
