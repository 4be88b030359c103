#ifndef DOCTOR_EXPLAIN_H
#define DOCTOR_EXPLAIN_H

#include "conf/conf.h"

/*
 * Reads a store's XML error or presigned URLs (alone, in a log line, or as put
 * and get of a slot's JSON or XML). Appends lines that say where they differ
 * from what slotd signs, and the likely cause. now: unix seconds. False when
 * everything is as slotd signs it. No line contains a secret.
 */
bool explain(
    const struct conf *conf, struct span text, int64_t now, struct buf *out);

#endif
