#ifndef HTTP_STAYS_H
#define HTTP_STAYS_H

#include "http/service.h"

/*
 * What a running process cannot change. Where the new configuration differs,
 * says so in the log (of `before`) and gives conf the value that stays; the
 * listeners themselves are those of `first`.
 */
void stays_apply(const struct service *first, const struct service *before,
    struct conf *conf);

#endif
