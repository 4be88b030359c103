#ifndef HTTP_STAYS_H
#define HTTP_STAYS_H

#include "http/service.h"

/*
 * What a running process cannot change. Where the new configuration differs,
 * says so in the log (of `before`) and gives conf what stays: with a
 * listener's address its certificate, too. The counter of quotas is `first`'s.
 */
void stays_apply(
    const struct conf *first, const struct service *before, struct conf *conf);

#endif
