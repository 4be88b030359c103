#ifndef DOCTOR_EXPLAIN_PRIVATE_H
#define DOCTOR_EXPLAIN_PRIVATE_H

#include <string.h>

#include "doctor/private.h"
#include "doctor/signed.h"

/* Where a request differs from what slotd signs for this storage, as
 * explain() tells it. */
bool explain_request(const struct conf_storage *storage,
    const struct signed_request *request, int64_t now, struct buf *out);

#endif
