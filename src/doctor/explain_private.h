#ifndef DOCTOR_EXPLAIN_PRIVATE_H
#define DOCTOR_EXPLAIN_PRIVATE_H

#include <string.h>

#include "doctor/private.h"
#include "doctor/signed.h"

/* Where a request differs from what slotd signs for this storage, as
 * explain() tells it. */
bool explain_request(const struct conf_storage *storage,
    const struct signed_request *request, int64_t now, struct buf *out);

/* What was signed and what it is here, and the cause. True. */
bool explain_differ(struct buf *out, const char *what, struct span slotd,
    struct span got, const char *cause);

/* What is left when all that can be seen is as slotd signs it: of a URL, and
 * of what a store says that it was asked. */
bool explain_url_signature(const struct conf_storage *storage,
    struct signed_request request, struct buf *out);
bool explain_by_trying(const struct conf_storage *storage,
    const struct signed_request *request, struct buf *out);

#endif
