#ifndef HTTP_SERVER_KEEP_H
#define HTTP_SERVER_KEEP_H

#include "service/service.h"

/*
 * The settings that a running process cannot change.
 *
 * server_keep_apply compares a new configuration with that of `before`. For
 * each such setting that differs, it logs a warning, and gives conf the old
 * value; a listener that keeps its address keeps its certificate, too. False:
 * there is no memory.
 *
 * The counter of quotas is opened once, with the settings of the first
 * configuration. counter is their hash, from server_keep_print, so that the
 * password among them need not be kept.
 */
bool server_keep_apply(const uint8_t counter[HASH_SIZE],
    const struct service *before, struct conf *conf);

void server_keep_print(
    const struct conf_quota *quota, uint8_t ret_print[HASH_SIZE]);

#endif
