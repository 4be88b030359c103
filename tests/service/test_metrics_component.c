#include "expect.h"

#include <stdio.h>
#include <stdlib.h>

#include "service/metrics_component.h"

static void expect_written(struct metrics_components *all, const char *want)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	metrics_components_write(all, out);
	fclose(out);
	assert_string_equal(text, want);
	free(text);
}

static void nothing_without_components(void **state)
{
	struct metrics_components *all = metrics_components_open();

	(void)state;
	expect_written(all, "");
	metrics_components_close(all);
	metrics_components_close(NULL);
	metrics_stanza(NULL, METRICS_SLOT, METRICS_RESULT);
	metrics_connect(NULL, METRICS_CONNECTED);
	metrics_up(NULL, true);
}

static void what_is_counted(void **state)
{
	struct metrics_components *all = metrics_components_open();
	struct metrics_component *component =
	    metrics_component(all, span_of("up.example"));

	(void)state;
	metrics_up(component, true);
	metrics_stanza(component, METRICS_SLOT, METRICS_RESULT);
	metrics_stanza(component, METRICS_SLOT, METRICS_RESULT);
	metrics_stanza(component, METRICS_PING, METRICS_ERROR);
	metrics_stanza(component, METRICS_OTHER, METRICS_NO_ANSWER);
	metrics_connect(component, METRICS_CONNECTED);
	metrics_connect(component, METRICS_CONFLICT);
	/* After a reload it is the same. */
	assert_ptr_equal(
	    metrics_component(all, span_of("up.example")), component);
#define STANZAS "slotd_component_stanzas_total{component=\"up.example\","
#define CONNECTS "slotd_component_connects_total{component=\"up.example\","
	expect_written(all,
	    "# HELP slotd_component_up Whether the component is connected to "
	    "its XMPP server\n"
	    "# TYPE slotd_component_up gauge\n"
	    "slotd_component_up{component=\"up.example\"} 1\n"
	    "# HELP slotd_component_stanzas_total Stanzas from the XMPP server "
	    "by kind and by what was answered\n"
	    "# TYPE slotd_component_stanzas_total counter\n" STANZAS
	    "kind=\"slot\",result=\"result\"} 2\n" STANZAS
	    "kind=\"slot\",result=\"error\"} 0\n" STANZAS
	    "kind=\"slot\",result=\"none\"} 0\n" STANZAS
	    "kind=\"disco\",result=\"result\"} 0\n" STANZAS
	    "kind=\"disco\",result=\"error\"} 0\n" STANZAS
	    "kind=\"disco\",result=\"none\"} 0\n" STANZAS
	    "kind=\"ping\",result=\"result\"} 0\n" STANZAS
	    "kind=\"ping\",result=\"error\"} 1\n" STANZAS
	    "kind=\"ping\",result=\"none\"} 0\n" STANZAS
	    "kind=\"version\",result=\"result\"} 0\n" STANZAS
	    "kind=\"version\",result=\"error\"} 0\n" STANZAS
	    "kind=\"version\",result=\"none\"} 0\n" STANZAS
	    "kind=\"other\",result=\"result\"} 0\n" STANZAS
	    "kind=\"other\",result=\"error\"} 0\n" STANZAS
	    "kind=\"other\",result=\"none\"} 1\n"
	    "# HELP slotd_component_connects_total Attempts to connect to the "
	    "XMPP server by result\n"
	    "# TYPE slotd_component_connects_total counter\n" CONNECTS
	    "result=\"connected\"} 1\n" CONNECTS
	    "result=\"unreachable\"} 0\n" CONNECTS
	    "result=\"not-authorized\"} 0\n" CONNECTS
	    "result=\"host-unknown\"} 0\n" CONNECTS
	    "result=\"conflict\"} 1\n" CONNECTS "result=\"failed\"} 0\n");
	metrics_components_close(all);
}

static void several(void **state)
{
	struct metrics_components *all = metrics_components_open();
	struct metrics_component *first = metrics_component(all, span_of("a"));
	struct metrics_component *second = metrics_component(all, span_of("b"));
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_ptr_not_equal(first, second);
	metrics_up(second, true);
	metrics_components_write(all, out);
	fclose(out);
	assert_non_null(
	    strstr(text, "slotd_component_up{component=\"a\"} 0\n"));
	assert_non_null(
	    strstr(text, "slotd_component_up{component=\"b\"} 1\n"));
	free(text);
	metrics_components_close(all);
}

/* Its 0 would be an alert for ever. */
static void one_that_left(void **state)
{
	struct metrics_components *all = metrics_components_open();
	struct metrics_component *component =
	    metrics_component(all, span_of("up.example"));
	char *text = NULL;
	size_t len;

	(void)state;
	metrics_component_leave(NULL);
	metrics_component_leave(component);
	for (int comes_back = 0; comes_back < 2; comes_back++) {
		FILE *out = open_memstream(&text, &len);

		metrics_components_write(all, out);
		fclose(out);
		assert_int_equal(
		    strstr(text, "slotd_component_up{") != NULL, comes_back);
		assert_non_null(
		    strstr(text, "slotd_component_connects_total{"));
		free(text);
		metrics_component(all, span_of("up.example"));
	}
	metrics_components_close(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_without_components),
		cmocka_unit_test(what_is_counted),
		cmocka_unit_test(several),
		cmocka_unit_test(one_that_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
