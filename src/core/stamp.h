#ifndef CORE_STAMP_H
#define CORE_STAMP_H

#include "core/buf.h"

/* Time stamps of unix seconds in UTC, 1970-01-01 to 9999-12-31; a time
 * outside counts as the nearest of these. */
void stamp_date(struct buf *out, int64_t seconds);    /* 2013-05-24 */
void stamp_rfc3339(struct buf *out, int64_t seconds); /* 2013-05-24T00:00:00Z */
void stamp_amz(struct buf *out, int64_t seconds);     /* 20130524T000000Z */
/* Sun, 06 Nov 1994 08:49:37 GMT: IMF-fixdate, RFC 9110, section 5.6.7. */
void stamp_http(struct buf *out, int64_t seconds);

/* Reads a time stamp of RFC 3339, from 1970 on, with any offset. Fractions of a
 * second are dropped. */
bool stamp_read(struct span text, int64_t *ret_seconds);

/* Reads what stamp_amz writes. */
#define STAMP_AMZ_TEXT 16
bool stamp_amz_read(struct span text, int64_t *ret_seconds);

#endif
