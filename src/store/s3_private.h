#ifndef STORE_S3_PRIVATE_H
#define STORE_S3_PRIVATE_H

#include "store/s3.h"

#include "core/sigv4.h"
#include "net/fetch.h"
#include "net/s3_error.h"
#include "slot/key_template.h"

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

#define S3_LINES 16

struct s3 {
	struct store store;
	struct s3_config config;
	struct day_key today;
	/* Redirects are signed with a time that has passed, mostly of another
	 * day: one key for both would be made anew for every slot. */
	struct day_key before;
	/* The janitor may have credentials of its own. */
	struct day_key janitor;
	enum s3_place place; /* written by the thread that lists */
	/* Connections that are kept, and not in use now. */
	pthread_mutex_t lines_lock;
	struct fetch_line *lines[S3_LINES];
	unsigned line_count;
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

/* s3_note.c. As in struct store_class; fetch_start has been called. */
enum failure s3_read(struct store *store, struct span key, int64_t now,
    int stop, struct buf *out, struct buf *why);
enum failure s3_note(struct store *store, struct span key, struct span text,
    int64_t now, struct refusal *why);

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

/* s3_ask.c: requests that the janitor sends. */

/* One of them, and what came back. */
struct s3_ask {
	const char *method;
	struct uri_base base; /* the key stands below it */
	struct span key;
	const struct sigv4_pair *query;
	size_t query_count;
	bool (*take)(
	    void *of, struct span bytes); /* see struct fetch_request */
	void *of;
	int64_t now;
	int stop;
	const char *right; /* that it needs, such as "s3:ListBucket" */
	struct fetch_reply reply;
	char code[S3_ERROR_CODE]; /* of an error, such as "AccessDenied"; or ""
	                           */
};

/* Sends it. Returns FAILURE_NONE if the answer is one of 2xx, else as list and
 * remove of struct store_class, with a sentence in why. */
enum failure s3_ask(struct s3 *s3, struct s3_ask *ask, struct buf *why);

/* As in struct store_class. */
enum failure s3_remove(struct store *store, struct span key, int64_t now,
    int stop, struct buf *why);
enum failure s3_share(struct store *store, struct span key, int64_t now,
    struct buf *out, struct refusal *why);

/* s3_list.c */
enum failure s3_list(
    struct store *store, const struct store_walk *walk, struct buf *why);

/* s3_page.c: a page of a listing, ListBucketResult of ListObjectsV2. */

#define S3_PAGE_KEYS 1000
#define S3_TOKEN_MAX 4096

struct s3_page_object {
	struct span key; /* as it was sent, then decoded */
	uint64_t size;
	int64_t modified;
};

struct s3_page {
	size_t count;
	struct s3_page_object objects[S3_PAGE_KEYS];
	bool truncated;
	char token[S3_TOKEN_MAX + 1]; /* where the next page begins; or "" */
	const char *wrong; /* why it cannot be trusted; NULL: nothing found */

	/* While it is read. */
	struct xml *xml;
	bool listing, told_truncated, encoded;
	struct s3_page_object next;
	struct buf keys;
	char memory[S3_PAGE_KEYS * 3 * OBJECT_KEY_MAX];
};

/* Begins to read a page. False: no memory. */
bool s3_page_open(struct s3_page *page);
/* The next bytes of the answer; false: no more. For s3_ask.take. */
bool s3_page_take(void *page, struct span bytes);
/* Ends it. False, unless `wrong` says why: the answer is no listing. */
bool s3_page_close(struct s3_page *page);

#endif
