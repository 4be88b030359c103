#ifndef HTTP_SERVER_KEEP_H
#define HTTP_SERVER_KEEP_H

#include "service/service.h"

/* Of what a counter of quotas is made with: it is the first configuration's,
 * whose secrets need not be kept for that. */
void server_keep_print(
    const struct conf_quota *quota, uint8_t ret_print[HASH_SIZE]);

/*
 * What a running process cannot change. Where the new configuration differs,
 * says so in the log (of `before`) and gives conf what stays: with a
 * listener's address its certificate, too. counter is server_keep_print's.
 * False: there is no memory.
 */
bool server_keep_apply(const uint8_t counter[HASH_SIZE],
    const struct service *before, struct conf *conf);

#endif
