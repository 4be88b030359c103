#include "doctor/report.h"

#include "core/quote.h"

#include <inttypes.h>

static const char *const marks[] = { "ok", "warning", "FAILURE", "skipped" };
static const enum term_colour colours[] = { TERM_GREEN, TERM_YELLOW, TERM_RED,
	TERM_DIM };

static void json_string(FILE *out, struct span text)
{
	/* A byte becomes 6 at the most. */
	char memory[6 * sizeof((struct finding *)NULL)->change_memory + 3];
	struct buf quoted;

	buf_init(&quoted, memory, sizeof memory);
	quote_add(&quoted, text);
	fputs(quoted.at, out);
}

static void json_finding(struct report *report, const struct finding *finding)
{
	fprintf(report->out, "%s\n  {\"check\": \"%s\", \"verdict\": \"%s\"",
	    report->first ? "" : ",", finding->name,
	    verdict_name(finding->verdict));
	fputs(", \"seen\": ", report->out);
	json_string(report->out, buf_span(&finding->seen));
	fputs(", \"change\": ", report->out);
	json_string(report->out, span_trim(buf_span(&finding->change), "\n"));
	fputc('}', report->out);
	report->first = false;
}

/* All four series of a check are always there; that of the result is 1. */
static void sample_finding(
    const struct report *report, const struct finding *finding)
{
	for (enum verdict v = VERDICT_OK; v < VERDICT_COUNT; v++)
		fprintf(report->out,
		    "slotd_doctor_check_status{%s=\"%.*s\",check=\"%s\","
		    "status=\"%s\"} %d\n",
		    report->kind, (int)report->name.len, report->name.at,
		    finding->name, verdict_name(v), finding->verdict == v);
}

static void text_finding(struct report *report, const struct finding *finding)
{
	if (finding->verdict == VERDICT_SKIPPED) {
		buf_text(&report->untried, report->untried.len ? ", " : "");
		buf_text(&report->untried, finding->name);
		return;
	}
	term_row(&report->term, colours[finding->verdict],
	    marks[finding->verdict], TERM_NAME, span_of(finding->name),
	    buf_span(&finding->seen));
	/* Indented less than what was seen, so that commands fit. */
	term_lines(&report->term, span_trim(buf_span(&finding->change), "\n"),
	    TERM_NAME_AT);
}

static void begin(struct doctor_view *view, const char *name)
{
	const struct report *report = (struct report *)view;

	if (report->format == REPORT_TEXT)
		term_progress(&report->term, "...      %s", name);
}

static void end(struct doctor_view *view, const struct finding *finding)
{
	struct report *report = (struct report *)view;

	if (report->format == REPORT_TEXT)
		term_progress_end(&report->term);
	switch (report->format) {
	case REPORT_JSON:
		json_finding(report, finding);
		break;
	case REPORT_PROMETHEUS:
		sample_finding(report, finding);
		break;
	case REPORT_TEXT:
		text_finding(report, finding);
		break;
	}
	fflush(report->out);
}

void report_init(struct report *report, FILE *out, enum report_format format)
{
	*report = (struct report){
		.view = { begin, end },
		.out = out,
		.term = term_of(out),
		.format = format,
	};
	buf_init(&report->untried, report->untried_memory,
	    sizeof report->untried_memory);
}

void report_open(struct report *report)
{
	if (report->format == REPORT_JSON)
		fputs("[", report->out);
	if (report->format == REPORT_PROMETHEUS)
		fputs("# HELP slotd_doctor_check_status 1 for the result of "
		      "the check, 0 for the other three\n"
		      "# TYPE slotd_doctor_check_status gauge\n",
		    report->out);
}

void report_begin(struct report *report, const char *kind, struct span name)
{
	const bool more = report->groups++ > 0;

	buf_reset(&report->untried);
	report->first = true;
	report->kind = kind;
	report->name = name;
	if (report->format == REPORT_JSON) {
		fprintf(report->out, "%s{\"%s\": ", more ? ",\n" : "", kind);
		json_string(report->out, name);
		fputs(", \"checks\": [", report->out);
	}
	if (report->format == REPORT_TEXT)
		fprintf(report->out, "%s%s \"%.*s\"\n", more ? "\n" : "", kind,
		    (int)name.len, name.at);
}

static void text_end(
    const struct report *report, const unsigned counts[VERDICT_COUNT])
{
	fprintf(report->out, "%u ok, %u %s, %u %s", counts[VERDICT_OK],
	    counts[VERDICT_WARNING],
	    counts[VERDICT_WARNING] == 1 ? "warning" : "warnings",
	    counts[VERDICT_FAILURE],
	    counts[VERDICT_FAILURE] == 1 ? "failure" : "failures");
	if (counts[VERDICT_SKIPPED])
		fprintf(report->out, ", %u not tried (%s)",
		    counts[VERDICT_SKIPPED], report->untried.at);
	fputc('\n', report->out);
}

void report_end(struct report *report, const unsigned counts[VERDICT_COUNT])
{
	if (report->format == REPORT_JSON)
		fprintf(report->out,
		    "\n], \"ok\": %u, \"warnings\": %u, \"failures\": %u, "
		    "\"skipped\": %u}\n",
		    counts[VERDICT_OK], counts[VERDICT_WARNING],
		    counts[VERDICT_FAILURE], counts[VERDICT_SKIPPED]);
	if (report->format == REPORT_TEXT)
		text_end(report, counts);
}

void report_close(struct report *report, bool whole, int64_t now)
{
	if (report->format == REPORT_JSON)
		fputs("]\n", report->out);
	if (report->format == REPORT_PROMETHEUS && whole)
		fprintf(report->out,
		    "# HELP slotd_doctor_last_run_timestamp_seconds When all "
		    "checks were last done, unix time\n"
		    "# TYPE slotd_doctor_last_run_timestamp_seconds gauge\n"
		    "slotd_doctor_last_run_timestamp_seconds %" PRId64 "\n",
		    now);
}
