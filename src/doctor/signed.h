#ifndef DOCTOR_SIGNED_H
#define DOCTOR_SIGNED_H

#include "conf/conf.h"
#include "core/sigv4.h"

/* A presigned request, from its URL or from a store's answer. The spans point
 * into the text that it was read from. */
struct signed_request {
	struct span method; /* empty: unknown, as in a URL */
	struct span host;
	struct span path;
	struct span query;     /* may contain X-Amz-Signature */
	struct span length;    /* Content-Length; at == NULL: unknown */
	struct span type;      /* Content-Type; at == NULL: unknown */
	struct span signature; /* 64 digits, or empty */
};

/* Reads a URL; false if it has no X-Amz-Signature. */
bool signed_read_url(struct span url, struct signed_request *ret_signed);

/* Reads the CanonicalRequest of a store's error. */
bool signed_read_canonical(struct span text, struct signed_request *ret_signed);

/* Appends the decoded value of a query parameter; false: it is missing. */
bool signed_parameter(
    const struct signed_request *request, const char *name, struct buf *out);

/* The parts of a credential, "ID/DATE/REGION/s3/aws4_request". */
struct signed_scope {
	struct span access_key_id;
	struct span date;
	struct span region;
	struct span service;
};
bool signed_scope_read(struct span credential, struct signed_scope *ret_scope);

/* Unix seconds of a time such as 20130524T000000Z; false for other texts. */
bool signed_time_read(struct span stamp, int64_t *ret_seconds);

/*
 * Whether this storage's secret makes the request's signature. Method, host,
 * path, length and type must be set.
 */
bool signed_right(
    const struct signed_request *request, const struct conf_storage *storage);

/*
 * Finds the length, below `most`, with which signed_right would be true;
 * request->length is ignored. False: there is none, or content-length is not
 * signed.
 */
bool signed_length(const struct signed_request *request,
    const struct conf_storage *storage, uint64_t most, uint64_t *ret_length);

#endif
