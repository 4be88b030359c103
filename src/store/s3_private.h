#ifndef STORE_S3_PRIVATE_H
#define STORE_S3_PRIVATE_H

#include "store/s3.h"

#include "core/sigv4.h"

#include <pthread.h>

/* What the files of the S3 store share among themselves. */

#define S3_PATH_SIZE 4096

/* A day's signing key: made once a day, and moved once a second, not for every
 * slot. */
struct day_key {
	pthread_rwlock_t lock;
	struct sigv4_key key;
	uint64_t generation;
	bool made;
};

struct s3 {
	struct store store;
	struct s3_config config;
	struct day_key today;
	/* Redirects are signed with a time that has passed, mostly of another
	 * day: one key for both would be made anew for every slot. */
	struct day_key before;
};

/* s3_sign.c */

/* False: there are none now; why->reason says so. To be put back. */
bool s3_creds_get(struct s3 *s3, int64_t now, struct creds_value *ret_value,
    struct refusal *why);

/* Puts them back, and gives the failure of what was signed with them; its
 * reason, too, where a URL was too long. */
enum failure s3_creds_done(struct s3 *s3, const struct creds_value *creds,
    enum failure failure, struct refusal *why);

/* Appends the whole URL of this key below `base`, and completes the request
 * with what is common to all; lowers request->expires where the credentials end
 * before. */
enum failure s3_presign(struct s3 *s3, struct day_key *day,
    const struct uri_base *base, const struct creds_value *creds,
    struct span key, struct sigv4_request *request, struct buf *out);

/* ttl seconds, or fewer where the file ends before; at least 1. until: unix
 * seconds; 0: it has no end. */
uint32_t s3_time_to_live(uint32_t ttl, int64_t now, int64_t until);

/* The URL that needs no signature. */
void s3_write_plain(
    struct buf *out, const struct uri_base *base, struct span key);

/* s3_get.c */

/* Appends the URL that a slot shares. */
enum failure s3_write_get(struct s3 *s3, const struct creds_value *creds,
    const struct store_request *request, struct buf *out);

/* Whether links to this store are known, or were once. */
bool s3_knows_links(const struct s3_config *config);

/* As in struct store_class. */
bool s3_read_url(struct store *store, struct span url, struct buf *out);
bool s3_link_check(struct store *store, struct span token, struct span key);

/*
 * As in struct store_class: a URL presigned for this method of download_url,
 * with response-content-type of the file name's ending and, unless that may
 * be shown in place, with response-content-disposition. The signing time is
 * rounded down to half of get_ttl, so that everybody gets the same URL for a
 * while. Of a store whose `get` has become public since, by the bucket's
 * policy: the plain URL.
 */
enum failure s3_lead(struct store *store, struct span method, struct span key,
    int64_t now, struct store_lead *ret_lead, struct refusal *why);

#endif
