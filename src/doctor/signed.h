#ifndef DOCTOR_SIGNED_H
#define DOCTOR_SIGNED_H

#include "conf/conf.h"
#include "core/sigv4.h"

/* A presigned request as somebody received it, or as its URL has it. All
 * point into the text that it was read from. */
struct signed_request {
	struct span method; /* empty: not known, as in a URL */
	struct span host;
	struct span path;
	struct span query;     /* X-Amz-Signature may still stand in it */
	struct span length;    /* of Content-Length; at == NULL: not known */
	struct span type;      /* of Content-Type; at == NULL: not known */
	struct span signature; /* 64 digits, or empty */
};

/* Reads a URL; false when there is no X-Amz-Signature in it. */
bool signed_read_url(struct span url, struct signed_request *ret_signed);

/* Reads the CanonicalRequest of a store's error. */
bool signed_read_canonical(struct span text, struct signed_request *ret_signed);

/* The decoded value of a parameter of its query; false: it is not there. */
bool signed_parameter(
    const struct signed_request *request, const char *name, struct buf *out);

/* The region in a credential: "ID/DATE/REGION/s3/aws4_request", and others. */
struct signed_scope {
	struct span access_key_id;
	struct span date;
	struct span region;
	struct span service;
};
bool signed_scope_read(struct span credential, struct signed_scope *ret_scope);

/* Unix seconds of 20130524T000000Z; false when it is no such stamp. */
bool signed_time_read(struct span stamp, int64_t *ret_seconds);

/*
 * Whether the request's signature is what this storage's secret makes of it.
 * Method, host, path, length and type have to be set.
 */
bool signed_right(
    const struct signed_request *request, const struct conf_storage *storage);

/*
 * The length with which it would be, from 0 up to `most`; request->length may
 * be left out. False: there is none, or content-length is not signed.
 */
bool signed_length(const struct signed_request *request,
    const struct conf_storage *storage, uint64_t most, uint64_t *ret_length);

#endif
