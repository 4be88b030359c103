#include "expect.h"

#include "doctor/rules.h"

/* Documents as AWS's API Reference has them, and as Ceph sends them. */

#define XMLNS " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""
#define OURS                                                                   \
	"<CORSRule><ID>slotd-web</ID><AllowedOrigin>*</AllowedOrigin>"         \
	"<AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod>" \
	"</CORSRule>"
#define SIXTY                                                                  \
	"slotd-web-"                                                           \
	"012345678901234567890123456789012345678901234567890123456789"
#define LONG SIXTY SIXTY SIXTY SIXTY
#define OTHER                                                                  \
	"<CORSRule>\n  <AllowedOrigin>https://a.example?x=1&amp;y</"           \
	"AllowedOrigin><!-- theirs -->\n"                                      \
	"  <AllowedMethod>GET</AllowedMethod><New x='1'/>\n</CORSRule>"

static struct rules cors, lifecycle;
static char out_memory[8192], stale_memory[128];
static struct buf out, stale;

static int set_up(void **state)
{
	(void)state;
	out = buf_of(out_memory, sizeof out_memory);
	stale = buf_of(stale_memory, sizeof stale_memory);
	cors = (struct rules){ "CORSConfiguration", "CORSRule", 1,
		{ { span_of("slotd-web"), span_of(OURS), span_of(OURS),
		    false } } };
	lifecycle = (struct rules){ "LifecycleConfiguration", "Rule", 1,
		{ { span_of("slotd-a/"),
		    span_of("<Rule><ID>slotd-a/</ID><Filter><Prefix>a/20"
			    "</Prefix></Filter></Rule>"),
		    span_of("<Rule><ID>slotd-a/</ID><Prefix>a/20</Prefix>"
			    "</Rule>"),
		    false } } };
	return 0;
}

static enum rules_result merge(const struct rules *rules, const char *document)
{
	return rules_merge(rules, span_of(document), &out, &stale);
}

#define expect_merged(rules, document, want)                                   \
	do {                                                                   \
		assert_int_equal(merge(rules, document), RULES_CHANGED);       \
		expect_buf(&out, want);                                        \
		/* A second time there is nothing to do. */                    \
		assert_int_equal(merge(rules, want), RULES_SAME);              \
		expect_buf(&out, "");                                          \
	} while (0)

static void test_nothing_there(void **state)
{
	static const char want[] =
	    "<CORSConfiguration" XMLNS ">" OURS "</CORSConfiguration>";

	(void)state;
	expect_merged(&cors, "", want);
	expect_merged(&cors, "<CORSConfiguration/>", want);
	expect_merged(&cors,
	    "<?xml version=\"1.0\"?>\n<CORSConfiguration" XMLNS
	    "></CORSConfiguration>",
	    want);
}

/* Byte for byte, wherever they stand. */
static void test_others_stay(void **state)
{
	(void)state;
	expect_merged(&cors,
	    "<?xml version=\"1.0\"?>\n<CORSConfiguration" XMLNS ">\n" OTHER
	    "\n</CORSConfiguration>\n",
	    "<?xml version=\"1.0\"?>\n<CORSConfiguration" XMLNS ">\n" OTHER
	    "\n" OURS "</CORSConfiguration>\n");
	/* An older rule of slotd's is replaced where it stands. */
	expect_merged(&cors,
	    "<CORSConfiguration>" OTHER "<CORSRule><AllowedMethod>GET"
	    "</AllowedMethod><ID>slotd-web</ID></CORSRule> " OTHER
	    "</CORSConfiguration>",
	    "<CORSConfiguration>" OTHER OURS " " OTHER "</CORSConfiguration>");
	/* A rule that says nothing, and a long ID, are others'. */
	expect_merged(&cors,
	    "<CORSConfiguration><CORSRule/><CORSRule><ID>" LONG
	    "</ID></CORSRule></CORSConfiguration>",
	    "<CORSConfiguration><CORSRule/><CORSRule><ID>" LONG
	    "</ID></CORSRule>" OURS "</CORSConfiguration>");
}

static void test_what_is_no_id(void **state)
{
	(void)state;
	expect_merged(&cors,
	    "<CORSConfiguration><CORSRule><ID>slotd<b/>-web</ID></CORSRule>"
	    "<CORSRule><b><ID>slotd-web</ID></b></CORSRule>"
	    "</CORSConfiguration>",
	    "<CORSConfiguration><CORSRule><ID>slotd<b/>-web</ID></CORSRule>"
	    "<CORSRule><b><ID>slotd-web</ID></b></CORSRule>" OURS
	    "</CORSConfiguration>");
}

/* In whatever order a store gives it back. */
static void test_same(void **state)
{
	(void)state;
	assert_int_equal(
	    merge(&cors,
		"<CORSConfiguration><CORSRule><ID>slotd-web</ID>"
		"<AllowedMethod>PUT</AllowedMethod><AllowedMethod>GET"
		"</AllowedMethod>\n<AllowedOrigin>&#42;</AllowedOrigin>"
		"</CORSRule></CORSConfiguration>"),
	    RULES_SAME);
	assert_true(rules_same(
	    span_of("<a><b>1</b><c/></a>"), span_of("<a><c></c><b>1</b></a>")));
	assert_false(rules_same(
	    span_of("<a><b>1</b></a>"), span_of("<a><b>1</b><c>2</c></a>")));
	assert_false(rules_same(span_of("<a><b>1</b><b>2</b></a>"),
	    span_of("<a><b>1</b><b>1</b></a>")));
	assert_false(rules_same(
	    span_of("<a><b>1</b></a>"), span_of("<a><c><b>1</b></c></a>")));
	assert_false(rules_same(
	    span_of("<a><b>1</b></a>"), span_of("<a><b>11</b></a>")));
}

/* Prefix stands where the rules of others have it. */
static void test_old_form(void **state)
{
	(void)state;
	expect_merged(&lifecycle,
	    "<LifecycleConfiguration><Rule><ID>x</ID><Prefix>b/</Prefix>"
	    "</Rule></LifecycleConfiguration>",
	    "<LifecycleConfiguration><Rule><ID>x</ID><Prefix>b/</Prefix>"
	    "</Rule><Rule><ID>slotd-a/</ID><Prefix>a/20</Prefix></Rule>"
	    "</LifecycleConfiguration>");
	expect_merged(&lifecycle,
	    "<LifecycleConfiguration><Rule><ID>x</ID><Filter><Prefix>b/"
	    "</Prefix></Filter></Rule></LifecycleConfiguration>",
	    "<LifecycleConfiguration><Rule><ID>x</ID><Filter><Prefix>b/"
	    "</Prefix></Filter></Rule><Rule><ID>slotd-a/</ID><Filter><Prefix>"
	    "a/20</Prefix></Filter></Rule></LifecycleConfiguration>");
}

static void test_rules_of_other_storages(void **state)
{
	(void)state;
	lifecycle.count = 2;
	lifecycle.list[1] = (struct rule){ span_of("slotd-b/"),
		span_of("<Rule>1</Rule>"), span_of("<Rule>1</Rule>"), true };
	assert_int_equal(
	    merge(&lifecycle,
		"<LifecycleConfiguration><Rule><ID>slotd-a/</ID><Filter>"
		"<Prefix>a/20</Prefix></Filter></Rule><Rule><ID>slotd-b/</ID>"
		"</Rule><Rule><ID>slotd-c/</ID></Rule><Rule><ID>mine</ID>"
		"</Rule><Rule><ID>slotd-d/</ID></Rule>"
		"</LifecycleConfiguration>"),
	    RULES_SAME);
	expect_buf(&stale, "slotd-c/, slotd-d/");
}

static void test_refused(void **state)
{
	static const struct {
		const char *document;
		enum rules_result result;
	} rows[] = {
		{ "no XML", RULES_UNREADABLE },
		{ "<ListBucketResult/>", RULES_UNREADABLE },
		{ "<a:CORSConfiguration/>", RULES_UNREADABLE },
		{ "<CORSConfiguration>" OTHER, RULES_UNREADABLE },
		{ "<CORSConfiguration></CORSConfiguration><a/>",
		    RULES_UNREADABLE },
		{ "<!DOCTYPE a [<!ENTITY e \"x\">]><CORSConfiguration>" OTHER
		  "</CORSConfiguration>",
		    RULES_UNREADABLE },
		{ "<CORSConfiguration>" OTHER
		  "<Default>x</Default></CORSConfiguration>",
		    RULES_STRANGE },
		{ "<CORSConfiguration>" OURS OURS "</CORSConfiguration>",
		    RULES_STRANGE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(
		    merge(&cors, rows[i].document), rows[i].result);
		expect_buf(&out, "");
	}
}

static void test_too_long(void **state)
{
	(void)state;
	out.size = 100;
	assert_int_equal(merge(&cors, ""), RULES_STRANGE);
	expect_buf(&out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nothing_there, set_up),
		cmocka_unit_test_setup(test_others_stay, set_up),
		cmocka_unit_test_setup(test_what_is_no_id, set_up),
		cmocka_unit_test_setup(test_same, set_up),
		cmocka_unit_test_setup(test_old_form, set_up),
		cmocka_unit_test_setup(test_rules_of_other_storages, set_up),
		cmocka_unit_test_setup(test_refused, set_up),
		cmocka_unit_test_setup(test_too_long, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
