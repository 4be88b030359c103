#ifndef HTTP_TLS_H
#define HTTP_TLS_H

#include "conf/conf.h"

/* Whether libmicrohttpd takes a listener's certificate and its key; true when
 * it has none. */
bool tls_check(const struct conf_listener *listener);

#endif
