#include "expect.h"

#include "slot/jid.h"

#include <idn2.h>

/* Stands in for libidn2's, which finds no memory. */
int idn2_lookup_u8(const uint8_t *src, uint8_t **lookupname, int flags)
{
	(void)src;
	(void)lookupname;
	(void)flags;
	return IDN2_MALLOC;
}

/* A lack of memory is no fault of the JID's. */
static void test_no_memory(void **state)
{
	const char *sentence = NULL;
	struct refusal why = { 0 };
	struct jid jid;

	(void)state;
	assert_false(jid_parse(span_of("a@b\xc3\xbc"
				       "cher.example"),
	    &jid, &sentence));
	assert_int_equal(
	    jid_refuse(sentence, sentence, &why), FAILURE_UNAVAILABLE);
	/* For the log, and not for the caller. */
	assert_null(why.detail);
	assert_non_null(why.reason);
	/* ASCII needs none. */
	assert_true(jid_parse(span_of("a@example.org"), &jid, &sentence));
	assert_true(
	    jid_parse(span_of("a@xn--bcher-kva.example"), &jid, &sentence));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
