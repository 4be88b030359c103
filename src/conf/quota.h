#ifndef CONF_QUOTA_H
#define CONF_QUOTA_H

#include "conf/reader.h"

/* What the counters can hold; see quota/windows.h. */
#define CONF_SLOTS_MAX 4000
#define CONF_DAY_BYTES_MAX ((1ULL << 48) - 1)

/* `quota`. */
setting_reader read_quota;

/* Limits of `policy` and `domains`: into a struct policy. */
setting_reader policy_slots, policy_bytes, policy_domain_bytes;

/* When all has been read: no file may be larger than what may be uploaded in
 * a day; and whose users are not counted. */
void check_quotas(struct reader *reader, const struct node *root);

#endif
