#ifndef ENDPOINT_ROUTES_H
#define ENDPOINT_ROUTES_H

#include "http/route.h"

/* The table of every URL that slotd serves, and their endpoints: one file for
 * each URL. */
extern const struct routes routes_all;

extern const struct endpoint slot_post;
extern const struct endpoint slot_get;
extern const struct endpoint limits_get;
extern const struct endpoint quota_get;
extern const struct endpoint quota_delete;
extern const struct endpoint files_delete;
extern const struct endpoint healthz_get;
extern const struct endpoint readyz_get;
extern const struct endpoint metrics_get;
extern const struct endpoint openapi_get;
extern const struct endpoint upload_put;
extern const struct endpoint dialect_put;
extern const struct endpoint dialect_get;
extern const struct endpoint file_get;
extern const struct endpoint cors_options;

#endif
