#include "fixture.h"

#include <stdlib.h>

/* How files end, and what can be told of the key that removes them. */

#define DENIED                                                                 \
	{                                                                      \
		403, "<Error><Code>AccessDenied</Code></Error>", 0             \
	}
#define EMPTY                                                                  \
	{                                                                      \
		200, "<ListBucketResult></ListBucketResult>", 0                \
	}
#define LISTED(key)                                                            \
	{                                                                      \
		200,                                                           \
		    "<ListBucketResult><Contents><Key>" key                    \
		    "</Key></Contents></ListBucketResult>",                    \
		    0                                                          \
	}
#define MISSING                                                                \
	{                                                                      \
		404, "<Error><Code>NoSuchKey</Code></Error>", 0                \
	}
#define END                                                                    \
	{                                                                      \
		0, NULL, 0                                                     \
	}
#define TEXT "/0123456789ABCDEFGHIJKL/a.jpg"

static struct creds_settings own, janitor;

static int set_up_janitor(void **state)
{
	set_up(state);
	own = (struct creds_settings){ .kind = CREDS_STATIC };
	own.text[CREDS_KEY_ID] = span_of("FAKEKEY");
	janitor = own;
	janitor.text[CREDS_KEY_ID] = span_of("FAKEJANITOR");
	janitor.text[CREDS_SECRET] = span_of("fake-secret-of-the-janitor");
	storage.creds = &own;
	storage.janitor = &janitor;
	storage.ends = true;
	conf.has_key_file = false;
	conf.storages = &storage;
	conf.policies = (struct policies){ .offers = { true } };
	conf.domain_count = conf.caller_count = 0;
	return 0;
}

static void test_it_may(void **state)
{
	static const struct canned list[] = { EMPTY, EMPTY, MISSING, END };
	static const struct canned notes[] = { EMPTY,
		LISTED("pre/fi x/slotd-erase/0123456789ABCDEFGHIJ-_"),
		{ 200, "a note", 0 }, END };

	(void)state;
	conf.has_key_file = true;
	s3.bucket.path = span_of("/pre/fi%20x");
	assert_int_equal(run_check(check_janitor, list), VERDICT_OK);
	assert_string_equal(doctor.finding.seen.at,
	    "storage.janitor's key may list the bucket; whether it may "
	    "delete is not tried");
	assert_string_equal(
	    asked, "GET /\nGET /\nGET /pre/fi%20x/slotd-erase/slotd-doctor\n");
	assert_null(doctor.signer);
	asked[0] = '\0';
	assert_int_equal(run_check(check_janitor, notes), VERDICT_OK);
	expect_says(seen,
	    "may list the bucket and read the notes of erasures; whether");
	assert_string_equal(asked, "GET /\nGET /\nGET /pre/fi%20x/slotd-erase/"
				   "0123456789ABCDEFGHIJ-_\n");
	/* Without key_file nobody can be erased. */
	conf.has_key_file = false;
	asked[0] = '\0';
	run_check(check_janitor, list);
	assert_string_equal(asked, "GET /\n");
}

static void test_it_may_not(void **state)
{
	static const struct {
		struct canned list[4];
		enum verdict verdict;
		const char *seen;
		const char *change;
	} cases[] = {
		{ { DENIED, END }, VERDICT_FAILURE,
		    "a listing with storage.janitor's key is refused: 403 "
		    "AccessDenied",
		    "needs the right s3:ListBucket.\n" },
		{ { EMPTY, EMPTY, DENIED, END }, VERDICT_FAILURE,
		    "reading slotd-erase/ with storage.janitor's key is "
		    "refused: 403 AccessDenied",
		    "needs the right s3:GetObject for slotd-erase/*.\n" },
		{ { { 403, "<Error><Code>InvalidAccessKeyId</Code></Error>",
			0 },
		      END },
		    VERDICT_FAILURE, "403 InvalidAccessKeyId",
		    "storage.janitor.access_key_id is mistyped" },
		{ { { 403, "<Error><Code>SignatureDoesNotMatch</Code></Error>",
			0 },
		      END },
		    VERDICT_FAILURE, "403 SignatureDoesNotMatch",
		    "The secret of storage.janitor is not that of its "
		    "access_key_id.\n" },
		{ { { 503, "", 0 }, END }, VERDICT_WARNING,
		    "a listing with storage.janitor's key: 503", "undecided" },
	};

	(void)state;
	conf.has_key_file = true;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(
		    run_check(check_janitor, cases[i].list), cases[i].verdict);
		expect_says(seen, cases[i].seen);
		expect_says(change, cases[i].change);
	}
	s3.bucket.path = span_of("/pre");
	run_check(check_janitor, cases[0].list);
	expect_says(change,
	    "[\n {\"Effect\": \"Allow\", \"Action\": \"s3:ListBucket\", "
	    "\"Resource\": \"arn:aws:s3:::my-bucket\"},\n {\"Effect\": "
	    "\"Allow\", \"Action\": \"s3:DeleteObject\", \"Resource\": "
	    "\"arn:aws:s3:::my-bucket/pre/*\"},\n {\"Effect\": \"Allow\", "
	    "\"Action\": \"s3:GetObject\", \"Resource\": "
	    "\"arn:aws:s3:::my-bucket/pre/slotd-erase/*\"}]}\n");
	expect_says(change, "aws iam put-user-policy --user-name slotd-sweep");
	assert_null(strstr(doctor.finding.change.at, "Garage"));
}

/* NOW is 2013-05-24T00:00:00Z; keys end 3 hours before, and a second less. */
static void test_late(void **state)
{
	static const struct canned late[] = { LISTED("20130523T210000Z" TEXT),
		END };
	static const struct canned soon[] = { LISTED("20130523T210001Z" TEXT),
		END };
	static const struct canned other[] = { LISTED("2013/cat.jpg"), END };

	(void)state;
	assert_int_equal(run_check(check_janitor, late), VERDICT_WARNING);
	expect_says(seen,
	    "a file that ended at 2013-05-23T21:00:00Z is still there: "
	    "`slotd sweep` does not run, or fails");
	expect_says(change, "systemctl enable --now slotd-sweep.timer\n");
	assert_int_equal(run_check(check_janitor, soon), VERDICT_OK);
	assert_int_equal(run_check(check_janitor, other), VERDICT_OK);
}

static void test_own_key(void **state)
{
	static const struct canned may[] = { EMPTY, END };
	static const struct canned not [] = { DENIED, END };

	(void)state;
	storage.janitor = NULL;
	assert_int_equal(run_check(check_janitor, may), VERDICT_OK);
	expect_says(seen, "storage.janitor is not set: slotd sweep uses "
			  "slotd's own key, which may list the bucket");
	assert_int_equal(run_check(check_janitor, not ), VERDICT_WARNING);
	expect_says(seen,
	    "slotd sweep cannot remove files that have ended: storage.janitor "
	    "is not set, and slotd's own key may not list the bucket: 403 "
	    "AccessDenied");
	expect_says(change, "janitor = { access_key_id = \"...\"; "
			    "access_key_secret_file = "
			    "\"/etc/slotd/janitor.secret\"; };\n");
	doctor.no_rules = true;
	assert_int_equal(run_check(check_janitor, not ), VERDICT_FAILURE);
	expect_says(seen, "nothing can remove files that have ended");
	doctor.no_rules = false;
	doctor.has_rules = true;
	assert_int_equal(run_check(check_janitor, not ), VERDICT_OK);
	expect_says(seen, "only the bucket's own rules remove files");
	/* As pods have: those of the CronJob are others. */
	doctor.has_rules = false;
	own.kind = CREDS_WEB_IDENTITY;
	assert_int_equal(run_check(check_janitor, not ), VERDICT_OK);
	expect_says(seen, "the credentials of its own environment");
	doctor.no_creds = "none";
	assert_int_equal(run_check(check_janitor, not ), VERDICT_SKIPPED);
}

static void test_not_tried(void **state)
{
	static const struct canned none[] = { END };
	char path[] = "/tmp/slotd-doctor-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	unlink(path);
	janitor.text[CREDS_SECRET] = SPAN_EMPTY;
	janitor.text[CREDS_SECRET_FILE] = span_of(path);
	assert_int_equal(run_check(check_janitor, none), VERDICT_FAILURE);
	expect_says(seen, "storage.janitor: cannot read /tmp/slotd-doctor-");
	expect_says(seen, ": No such file or directory");
	expect_says(change, "install -m 640 -g slotd-sweep /dev/stdin /tmp/");
	janitor.kind = CREDS_WEB_IDENTITY;
	assert_int_equal(run_check(check_janitor, none), VERDICT_OK);
	expect_says(seen, "(\"web-identity\"), which are not tried here");
	janitor = own;
	assert_int_equal(run_check(check_janitor, none), VERDICT_WARNING);
	expect_says(seen, "storage.janitor has the same key as storage");
	assert_string_equal(asked, "");
}

static void test_when(void **state)
{
	(void)state;
	assert_true(check_janitor_applies(&doctor));
	storage.janitor = NULL;
	assert_true(check_janitor_applies(&doctor));
	storage.ends = false;
	assert_false(check_janitor_applies(&doctor));
	assert_false(check_keep_applies(&doctor));
	storage.janitor = &janitor;
	assert_true(check_janitor_applies(&doctor));
	assert_false(check_keep_applies(&doctor));
}

/* Of each purpose that is offered, and each domain and base of the storage. */
static void test_keep(void **state)
{
	static struct conf_domain domains[] = {
		{ .policies = { .of = { { .keep = 129600 } },
		      .offers = { true } } },
		{ .policies = { .offers = { true } }, .storage = 1 },
	};
	static struct caller callers[] = { { .dialect = DIALECT_TOKEN,
					       .keep = 60 },
		{ .dialect = DIALECT_SLOTD } };
	struct conf_storage two[2];

	(void)state;
	conf.policies = (struct policies){
		.of = { { .keep = 2592000 }, { .keep = 0 }, { .keep = 1 },
		    { .keep = 7 } },
		.offers = { true, true, true, false },
	};
	domains[0].name = span_of("example.org");
	callers[0].base = span_of("/b/");
	two[0] = storage;
	two[1] = storage;
	conf.storages = two;
	doctor.storage = &two[0];
	conf.domains = domains;
	conf.domain_count = 2;
	conf.callers = callers;
	conf.caller_count = 2;
	start_finding();
	assert_int_equal(check_keep(&doctor), VERDICT_OK);
	assert_string_equal(doctor.finding.seen.at,
	    "files are kept: message 30 days, profile for ever, ephemeral as "
	    "clients say, at most 1 second; example.org: message 36 hours; "
	    "below /b/: 1 minute");
	conf.domain_count = conf.caller_count = 0;
	conf.storages = &storage;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_it_may, set_up_janitor),
		cmocka_unit_test_setup(test_it_may_not, set_up_janitor),
		cmocka_unit_test_setup(test_late, set_up_janitor),
		cmocka_unit_test_setup(test_own_key, set_up_janitor),
		cmocka_unit_test_setup(test_not_tried, set_up_janitor),
		cmocka_unit_test_setup(test_when, set_up_janitor),
		cmocka_unit_test_setup(test_keep, set_up_janitor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
