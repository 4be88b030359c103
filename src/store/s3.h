#ifndef STORE_S3_H
#define STORE_S3_H

#include "core/uri.h"
#include "slot/keyring.h"
#include "slotd/creds.h"
#include "slotd/store.h"

/* How files are got again: storage.get. */
enum s3_get {
	S3_GET_PUBLIC,    /* at download, by everybody */
	S3_GET_REDIRECT,  /* at public_url/f/TOKEN/KEY, for ever */
	S3_GET_PRESIGNED, /* at a URL that dies after get_ttl */
};

/* Presigned PUTs to any S3-compatible store, and GET URLs of three kinds. */
struct s3_config {
	struct span name;         /* of the store: links are bound to it */
	struct uri_base bucket;   /* bucket_url */
	struct uri_base download; /* download_url, or bucket again */
	struct span region;
	uint32_t put_ttl; /* seconds, 1 to 604800 */
	bool set_public;  /* signs x-amz-acl=public-read */
	bool sign_content_type;
	bool relay; /* clients PUT to public_url/u/, and slotd to the store */
	enum s3_get get;
	uint32_t get_ttl; /* seconds, 1 to 604800 */
	/* Needed with S3_GET_REDIRECT and relay; where both are there, links
	 * that were once shared are known by read_url. */
	struct span public_url;        /* no slash at its end; or "" */
	const struct keyring *keyring; /* NULL: no key_file */
};

/*
 * NULL when there is no memory. The config is copied, what it points to must
 * stay valid until close; creds then belongs to the store.
 */
struct store *s3_open(const struct s3_config *config, struct creds *creds);

/*
 * Where a redirect of one object leads: a URL presigned for this method (GET
 * or HEAD) of download_url, with response-content-type of the file name's
 * ending and, unless that may be shown in place, with
 * response-content-disposition. The signing time is rounded down to half of
 * get_ttl, so that everybody gets the same URL for a while. Of a store whose
 * `get` has become public since, by the bucket's policy: the plain URL.
 * Appends to out. *ret_type: the type by that ending, a literal, which is
 * that of a signed answer. *ret_ends: when the URL ends, unix seconds; 0:
 * never.
 * FAILURE_UNAVAILABLE: no credentials.
 */
enum failure s3_redirect(struct store *store, struct span method,
    struct span key, int64_t now, struct buf *out, const char **ret_type,
    int64_t *ret_ends, struct refusal *why);

/* Metadata of an object: when it should go, RFC 3339. */
#define S3_META_EXPIRES "x-amz-meta-expires"

/*
 * The presigned URL of one PUT to the store itself, also of a store with
 * relay; request->until asks for the header S3_META_EXPIRES. get and expires
 * of *ret_slot are left alone. As sign of struct store_class.
 */
enum failure s3_put(struct store *store, const struct store_request *request,
    struct store_slot *ret_slot, struct refusal *why);

/* The configuration of a store that s3_open made; NULL for other kinds. */
const struct s3_config *s3_config_of(const struct store *store);
/* Likewise its credentials, which stay the store's. */
struct creds *s3_creds_of(const struct store *store);

#endif
