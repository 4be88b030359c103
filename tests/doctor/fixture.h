#ifndef TESTS_DOCTOR_FIXTURE_H
#define TESTS_DOCTOR_FIXTURE_H

#include "expect.h"

#include "doctor/private.h"

#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define NOW 1369353600 /* 2013-05-24T00:00:00Z */

/* A store that answers by a list; the last one for ever. */
struct canned {
	unsigned status;
	const char *body;
	enum fetch_result result;
};

static const struct canned *answers;
static int64_t store_time = NOW;
static char asked[4096]; /* "PUT /path\n" of each request */
static int stop_file = -1;
static size_t stop_after; /* requests; 0: never */
static size_t requests;

static inline void canned_fetch(const struct fetch_request *request, int stop,
    struct fetch_reply *ret_reply)
{
	const char *path = strchr(strstr(request->url, "://") + 3, '/');
	size_t len = strlen(asked);

	*ret_reply = (struct fetch_reply){ .date = store_time };
	if (fetch_stopped(stop)) {
		ret_reply->result = FETCH_STOPPED;
		return;
	}
	snprintf(asked + len, sizeof asked - len, "%s %.*s\n", request->method,
	    (int)strcspn(path, "?"), path);
	ret_reply->result = answers->result;
	ret_reply->status = answers->status;
	ret_reply->body_len = strlen(answers->body);
	memcpy(ret_reply->body, answers->body, ret_reply->body_len + 1);
	if (answers[1].status)
		answers++;
	if (++requests == stop_after)
		eventfd_write(stop_file, 1);
}

static inline int64_t canned_clock(void)
{
	return NOW;
}

static struct s3_config s3;
static struct conf_storage storage;
static struct conf conf = { .storage_count = 1, .storages = &storage };
static struct doctor doctor;

static inline void start_finding(void)
{
	struct finding *finding = &doctor.finding;

	buf_init(
	    &finding->seen, finding->seen_memory, sizeof finding->seen_memory);
	buf_init(&finding->change, finding->change_memory,
	    sizeof finding->change_memory);
}

/* An AWS bucket, and a doctor whose store was reached. */
static inline int set_up(void **state)
{
	(void)state;
	storage = (struct conf_storage){ .s3 = &s3 };
	s3 = (struct s3_config){ .get = S3_GET_PUBLIC };
	s3.bucket = (struct uri_base){ span_of("https"),
		span_of("my-bucket.s3.us-east-2.amazonaws.com"), SPAN_EMPTY };
	s3.download = s3.bucket;
	s3.region = span_of("us-east-2");
	s3.put_ttl = 600;
	s3.get_ttl = 3600;
	storage.s3_creds.access_key_id = span_of("FAKEKEY");
	storage.s3_creds.access_key_secret = span_of("fake-secret");
	storage.s3_creds.session_token = SPAN_EMPTY;
	conf.public_url = SPAN_EMPTY;
	conf.policy.max_size = 1 << 20;
	close(stop_file);
	stop_file = eventfd(0, EFD_CLOEXEC);
	assert_true(stop_file >= 0);
	doctor = (struct doctor){
		.conf = &conf,
		.storage = &storage,
		.clock = canned_clock,
		.fetch = canned_fetch,
		.stop = stop_file,
		.reached = true,
	};
	start_finding();
	store_time = NOW;
	asked[0] = '\0';
	stop_after = requests = 0;
	return 0;
}

static inline enum verdict run_check(
    enum verdict (*check)(struct doctor *), const struct canned *list)
{
	answers = list;
	start_finding();
	return check(&doctor);
}

#define expect_says(where, text)                                               \
	do {                                                                   \
		const char *all_ = doctor.finding.where.at;                    \
		if (!strstr(all_, text))                                       \
			print_error("got\n%s\nwant %s\n", all_, text);         \
		assert_non_null(strstr(all_, text));                           \
		assert_true(buf_ok(&doctor.finding.where));                    \
		assert_null(strstr(all_, "fake-secret"));                      \
	} while (0)

#endif
