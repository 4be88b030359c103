#ifndef STORE_S3_H
#define STORE_S3_H

#include "core/uri.h"
#include "slotd/creds.h"
#include "slotd/store.h"

/* Presigned PUTs to any S3-compatible store, and plain GET URLs. */
struct s3_config {
	struct uri_base bucket;   /* bucket_url */
	struct uri_base download; /* download_url, or bucket again */
	struct span region;
	uint32_t put_ttl; /* seconds, 1 to 604800 */
	bool set_public;  /* signs x-amz-acl=public-read */
};

/*
 * NULL when there is no memory. The config is copied, what it points to must
 * stay valid until close; creds then belongs to the store.
 */
struct store *s3_open(const struct s3_config *config, struct creds *creds);

#endif
