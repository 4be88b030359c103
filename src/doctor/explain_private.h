#ifndef DOCTOR_EXPLAIN_PRIVATE_H
#define DOCTOR_EXPLAIN_PRIVATE_H

#include <string.h>

#include "doctor/private.h"
#include "doctor/signed.h"

/* Explains how a request differs from what slotd signs for this storage; false
 * when it does not. */
bool explain_request(const struct conf_storage *storage,
    const struct signed_request *request, int64_t now, struct buf *out);

/* Says what slotd signs, what the request has, and the cause. Gives true. */
bool explain_differ(struct buf *out, const char *what, struct span slotd,
    struct span got, const char *cause);

/* Explain a signature when the rest is as slotd signs it: of a URL, and of a
 * request as a store received it. */
bool explain_url_signature(const struct conf_storage *storage,
    struct signed_request request, struct buf *out);
bool explain_by_trying(const struct conf_storage *storage,
    const struct signed_request *request, struct buf *out);

#endif
