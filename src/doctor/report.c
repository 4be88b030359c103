#include "doctor/report.h"

#include "core/quote.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NAME_WIDTH 15
#define SEEN_AT (7 + 2 + NAME_WIDTH + 2)
/* Advice is indented less, so that commands fit into a terminal. */
#define CHANGE_AT 9
#define WIDTH_MIN (SEEN_AT + 20)

static const char *const marks[] = { "ok", "warning", "FAILURE", "skipped" };
static const char *const colours[] = { "\033[32m", "\033[33m", "\033[1;31m",
	"\033[2m" };

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

/* The length of the part that fits: up to a space, or one whole word. */
static size_t fitting(struct span line, size_t room)
{
	size_t at = span_find_last(span_first(line, room + 1), ' ');

	if (line.len <= room)
		return line.len;
	return at <= room ? at : span_find(line, ' ');
}

/* Prints a line that starts at column `indent`. */
static void put_line(FILE *out, struct span line, size_t indent, size_t width)
{
	const bool whole = !line.len || *line.at == ' ' || *line.at == '{';
	size_t len = !width || whole ? line.len : fitting(line, width - indent);

	fprintf(out, "%.*s\n", (int)len, line.at);
	while ((line = span_from(line, len + 1)).len) {
		len = fitting(line, width - indent);
		fprintf(out, "%*s%.*s\n", (int)indent, "", (int)len, line.at);
	}
}

void report_lines(FILE *out, struct span text, size_t indent, size_t width)
{
	while (text.at && text.len) {
		fprintf(out, "%*s", (int)indent, "");
		put_line(out, span_cut(&text, '\n'), indent, width);
	}
}

size_t report_width(FILE *out)
{
	struct winsize size;

	if (isatty(fileno(out)) != 1)
		return 0;
	if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || !size.ws_col)
		return 80;
	return size.ws_col > WIDTH_MIN ? size.ws_col : WIDTH_MIN;
}

static void text_finding(struct report *report, const struct finding *finding)
{
	const bool coloured = report->colours;

	if (finding->verdict == VERDICT_SKIPPED) {
		buf_text(&report->untried, report->untried.len ? ", " : "");
		buf_text(&report->untried, finding->name);
		return;
	}
	fprintf(report->out, "%s%-7s%s  %-*s  ",
	    coloured ? colours[finding->verdict] : "", marks[finding->verdict],
	    coloured ? "\033[0m" : "", NAME_WIDTH, finding->name);
	put_line(report->out, buf_span(&finding->seen), SEEN_AT, report->width);
	report_lines(report->out, span_trim(buf_span(&finding->change), "\n"),
	    CHANGE_AT, report->width);
}

static void begin(struct doctor_view *view, const char *name)
{
	const struct report *report = (struct report *)view;

	if (!report->progress)
		return;
	fprintf(report->progress, "\r\033[K...      %s", name);
	fflush(report->progress);
}

static void end(struct doctor_view *view, const struct finding *finding)
{
	struct report *report = (struct report *)view;

	if (report->progress) {
		fputs("\r\033[K", report->progress);
		fflush(report->progress);
	}
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
	const char *none = getenv("NO_COLOR");
	const size_t width = report_width(out);

	*report = (struct report){
		.view = { begin, end },
		.out = out,
		.format = format,
		.colours = width && !(none && *none),
		.progress = width && format == REPORT_TEXT ? out : NULL,
		.width = width,
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
