#ifndef TESTS_DOCTOR_EXPLAIN_FIXTURE_H
#define TESTS_DOCTOR_EXPLAIN_FIXTURE_H

#include "expect.h"

#include "core/hash.h"
#include "doctor/explain.h"

#include <stdio.h>
#include <string.h>

/* AWS's own example of a presigned URL, and slots made beside it: their
 * signatures are from another program (Python's hmac).
 * docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
#define HOST "examplebucket.s3.amazonaws.com"
#define CREDENTIAL                                                             \
	"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="                   \
	"AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&"     \
	"X-Amz-Date=20130524T000000Z&"
#define GET_QUERY CREDENTIAL "X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
#define GET_SIGNATURE                                                          \
	"aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d40"
#define PUT_QUERY                                                              \
	CREDENTIAL "X-Amz-Expires=600&X-Amz-SignedHeaders=content-length%3B"   \
		   "host"
#define PUT_SIGNATURE                                                          \
	"7662354b91710cb9f7e3991a1d19bf7b39018450620c3f2e6768147ca9700884"
#define PUT_URL                                                                \
	"https://" HOST "/a%20b.txt?" PUT_QUERY                                \
	"&X-Amz-Signature=" PUT_SIGNATURE
#define NOW 1369353600 /* 2013-05-24T00:00:00Z */

static struct s3_config s3;
static struct conf_storage storage = { .s3 = &s3 };
static struct conf conf = { .storage_count = 1, .storages = &storage };
static char memory[16384];
static struct buf out;

static inline int set_up(void **state)
{
	(void)state;
	s3.bucket =
	    (struct uri_base){ span_of("https"), span_of(HOST), SPAN_EMPTY };
	s3.download = s3.bucket;
	s3.region = span_of("us-east-1");
	s3.put_ttl = 600;
	storage.s3_creds.access_key_id = span_of("AKIAIOSFODNN7EXAMPLE");
	storage.s3_creds.access_key_secret =
	    span_of("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
	storage.s3_creds.session_token = SPAN_EMPTY;
	return 0;
}

static inline bool run_at(const char *text, int64_t now)
{
	buf_init(&out, memory, sizeof memory);
	return explain(&conf, span_of(text), now, &out);
}

#define expect_text(text)                                                      \
	do {                                                                   \
		if (!strstr(out.at, text))                                     \
			print_error("got\n%s\nwant %s\n", out.at, text);       \
		assert_non_null(strstr(out.at, text));                         \
		assert_null(strstr(out.at, "wJalrXUtnFEMI"));                  \
	} while (0)

#endif
