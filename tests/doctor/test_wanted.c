#include "fixture.h"

#include "doctor/wanted.h"

/* Which lifecycle rules a configuration wants. */

#define KEYS "{purpose}/{until}/{random}/{filename}"
#define DAY 86400

static struct wanted wanted;
static struct conf_storage storages[2];
static struct s3_config other;
static struct caller callers[2];

static int set_up_wanted(void **state)
{
	const char *wrong;

	set_up(state);
	storage.has_template =
	    key_template_parse(span_of(KEYS), &storage.template, &wrong);
	assert_true(storage.has_template);
	storages[0] = storage;
	other = s3;
	storages[1] = (struct conf_storage){ .s3 = &other };
	conf.storages = storages;
	conf.storage_count = 1;
	conf.domain_count = conf.caller_count = 0;
	conf.callers = callers;
	conf.policies = (struct policies){ .offers = { true } };
	return 0;
}

/* The rules that are set: their IDs and days. */
static void expect_rules(const char *want)
{
	char memory[2048];
	struct buf got = buf_of(memory, sizeof memory);

	wanted_lifecycle(&wanted, &conf, &storages[0]);
	for (size_t i = 0; i < wanted.rules.count; i++) {
		const struct rule *rule = &wanted.rules.list[i];

		if (rule->others)
			continue;
		buf_add(&got, rule->id);
		buf_text(&got, " ");
		assert_true(xml_text(rule->xml, "Days", &got));
		buf_text(&got, "\n");
	}
	expect_buf(&got, want);
}

static void test_purposes(void **state)
{
	(void)state;
	expect_rules("");
	conf.policies.of[PURPOSE_MESSAGE].keep = 30 * DAY;
	expect_rules("slotd-message/20 30\n");
	assert_null(wanted.wrong);
	expect_span(wanted.rules.list[0].xml,
	    "<Rule><ID>slotd-message/20</ID><Filter><Prefix>message/20"
	    "</Prefix></Filter><Status>Enabled</Status><Expiration><Days>30"
	    "</Days></Expiration><AbortIncompleteMultipartUpload>"
	    "<DaysAfterInitiation>7</DaysAfterInitiation>"
	    "</AbortIncompleteMultipartUpload></Rule>");
	expect_span(wanted.rules.list[0].old,
	    "<Rule><ID>slotd-message/20</ID><Prefix>message/20"
	    "</Prefix><Status>Enabled</Status><Expiration><Days>30"
	    "</Days></Expiration><AbortIncompleteMultipartUpload>"
	    "<DaysAfterInitiation>7</DaysAfterInitiation>"
	    "</AbortIncompleteMultipartUpload></Rule>");
	/* Never before the end. */
	conf.policies.of[PURPOSE_MESSAGE].keep++;
	expect_rules("slotd-message/20 31\n");
	conf.policies.of[PURPOSE_MESSAGE].keep = 1;
	conf.policies.of[PURPOSE_PROFILE].keep = 5 * DAY; /* not offered */
	expect_rules("slotd-message/20 1\n");
	conf.policies.offers[PURPOSE_PROFILE] = true;
	conf.policies.offers[PURPOSE_PERMANENT] = true;
	/* Its client may have said any end. */
	conf.policies.offers[PURPOSE_EPHEMERAL] = true;
	expect_rules("slotd-message/20 1\nslotd-profile/20 5\n");
	conf.policies.of[PURPOSE_EPHEMERAL].keep = 60;
	expect_rules("slotd-message/20 1\nslotd-profile/20 5\n"
		     "slotd-ephemeral/20 1\n");
}

static void test_domains(void **state)
{
	static struct conf_domain domains[2];

	(void)state;
	conf.policies.of[PURPOSE_MESSAGE].keep = 30 * DAY;
	conf.domains = domains;
	conf.domain_count = 2;
	conf.storage_count = 2;
	domains[0] = (struct conf_domain){ .name = span_of("a.example"),
		.policies = conf.policies };
	domains[1] = domains[0];
	domains[0].policies.of[PURPOSE_MESSAGE].keep = 40 * DAY;
	domains[1].policies.of[PURPOSE_MESSAGE].keep = 50 * DAY;
	domains[1].storage = 1;
	other.bucket.host = span_of("other.s3.us-east-2.amazonaws.com");
	expect_rules("slotd-message/20 40\n");
	/* Both keep their files in one place. */
	other.bucket.host = s3.bucket.host;
	storages[1].template = storage.template;
	storages[1].has_template = true;
	expect_rules("slotd-message/20 50\n");
	domains[1].policies.of[PURPOSE_MESSAGE].keep = 10 * DAY;
	expect_rules("slotd-message/20 40\n");
	/* Beside it, that of the other is only known. */
	other.bucket.path = span_of("/else");
	expect_rules("slotd-message/20 40\n");
	assert_int_equal(wanted.rules.count, 2);
	expect_span(wanted.rules.list[1].id, "slotd-else/message/20");
	domains[0].policies.offers[PURPOSE_EPHEMERAL] = true;
	conf.policies.offers[PURPOSE_EPHEMERAL] = true;
	conf.policies.of[PURPOSE_EPHEMERAL].keep = DAY;
	expect_rules("slotd-message/20 40\n");
	conf.domain_count = 0;
}

/* Where keys do not tell their purpose, or tell it behind their end, a rule
 * would reach files without one. */
static void test_other_keys(void **state)
{
	static const struct {
		const char *key;
		const char *rules;
	} rows[] = {
		{ "{until}/{random}/{filename}", "" },
		{ "{until}/{purpose}/{random}/{filename}", "" },
		{ "{purpose}/{random}/{filename}", "" },
		{ "a/{until}/{random}/{filename}", "" },
		{ "a-{purpose}/b/{until}/{random}/{filename}",
		    "slotd-a-message/b/20 2\n" },
		{ "a~{purpose}/{until}/{random}/{filename}",
		    "slotd-a~message/20 2\nslotd-a_message/20 2\n" },
	};
	const char *wrong;

	(void)state;
	conf.policies.of[PURPOSE_MESSAGE].keep = 2 * DAY;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_true(key_template_parse(
		    span_of(rows[i].key), &storages[0].template, &wrong));
		expect_rules(rows[i].rules);
	}
	storages[0].has_template = false;
	expect_rules("");
}

static void test_bases(void **state)
{
	(void)state;
	conf.caller_count = 2;
	callers[0] =
	    (struct caller){ .base = span_of("/share/"), .keep = DAY + 1 };
	callers[1] = (struct caller){ .base = span_of("/for-ever/") };
	expect_rules("slotd-share/ 2\n");
	s3.bucket.path = span_of("/up%20<l%26>");
	expect_rules("slotd-up <l&>/share/ 2\n");
	assert_non_null(strstr(wanted.rules.list[0].xml.at,
	    "<Prefix>up &lt;l&amp;&gt;/share/</Prefix>"));
	assert_null(wanted.wrong);
}

static void test_refused(void **state)
{
	static const char *const no_xml[] = { "/a%01", "/a%FF", "/a%EF%BF%BE",
		"/a%EF%BF%BF" };
	static char path[1200];

	(void)state;
	conf.caller_count = 1;
	callers[0] = (struct caller){ .base = span_of("/share/"), .keep = 1 };
	/* The other's files are below the base. */
	conf.storage_count = 2;
	other.bucket.path = span_of("/share/else");
	wanted_lifecycle(&wanted, &conf, &storages[0]);
	assert_non_null(wanted.wrong);
	wanted_lifecycle(&wanted, &conf, &storages[1]);
	assert_null(wanted.wrong);
	/* Also where it is the same bucket in another form of its URL. */
	s3.bucket.host = span_of("files.s3.example.org");
	other.bucket.host = span_of("s3.example.org");
	other.bucket.path = span_of("/files/share/else");
	wanted_lifecycle(&wanted, &conf, &storages[0]);
	assert_non_null(wanted.wrong);
	other.bucket.path = span_of("/others/share/else");
	wanted_lifecycle(&wanted, &conf, &storages[0]);
	assert_null(wanted.wrong);
	conf.storage_count = 1;
	/* XML has no such bytes, and an ID is 255 bytes at most. */
	for (size_t i = 0; i < sizeof no_xml / sizeof *no_xml; i++) {
		s3.bucket.path = span_of(no_xml[i]);
		wanted_lifecycle(&wanted, &conf, &storages[0]);
		assert_non_null(wanted.wrong);
	}
	for (size_t len = 242; len <= 243; len++) {
		memset(path, 'a', len + 1);
		path[0] = '/';
		s3.bucket.path = span_of(path);
		wanted_lifecycle(&wanted, &conf, &storages[0]);
		assert_int_equal(wanted.wrong != NULL, len == 243);
	}
	s3.bucket.path = SPAN_EMPTY;
}

static void test_cors(void **state)
{
	(void)state;
	wanted_cors(&wanted);
	assert_int_equal(wanted.rules.count, 1);
	expect_span(wanted.rules.list[0].id, "slotd-web");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_purposes, set_up_wanted),
		cmocka_unit_test_setup(test_domains, set_up_wanted),
		cmocka_unit_test_setup(test_other_keys, set_up_wanted),
		cmocka_unit_test_setup(test_bases, set_up_wanted),
		cmocka_unit_test_setup(test_refused, set_up_wanted),
		cmocka_unit_test_setup(test_cors, set_up_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
