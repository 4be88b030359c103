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

/* What part of bucket_url is the bucket: listings need to know. */
enum s3_place {
	S3_PLACE_UNKNOWN, /* the store is asked */
	S3_PLACE_PATH,    /* the first segment of the path */
	S3_PLACE_HOST,    /* the host */
};

/* Presigned PUTs to any S3-compatible store, and GET URLs of three kinds. */
struct s3_config {
	struct span name;         /* of the store: links are bound to it */
	struct uri_base bucket;   /* bucket_url */
	struct uri_base download; /* download_url, or bucket again */
	enum s3_place place;      /* of the bucket */
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

extern const struct store_class s3_class;

/* Metadata of an object: when it should go, RFC 3339. */
#define S3_META_EXPIRES "x-amz-meta-expires"

/*
 * NULL when there is no memory. The config is copied, what it points to must
 * stay valid until close; creds then belongs to the store.
 */
struct store *s3_open(const struct s3_config *config, struct creds *creds);

#endif
