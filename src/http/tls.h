#ifndef HTTP_TLS_H
#define HTTP_TLS_H

#include "conf/conf.h"

/* Whether libmicrohttpd takes a listener's certificate and its key; true when
 * it has none. */
#define TLS_APART                                                              \
	"tls_cert and tls_key do not belong together (the server's own "       \
	"certificate comes first)"

bool tls_check(const struct conf_listener *listener);

#endif
