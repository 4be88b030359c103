#include "doctor/report.h"

#include <stdlib.h>
#include <unistd.h>

#define NAME_WIDTH 15

static const char *const marks[] = { "ok", "warning", "FAILURE", "skipped" };
static const char *const colours[] = { "\033[32m", "\033[33m", "\033[1;31m",
	"\033[2m" };

static void json_string(FILE *out, struct span text)
{
	fputc('"', out);
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", out);
		else if (c < ' ' || c == 127)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
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

static void text_finding(struct report *report, const struct finding *finding)
{
	struct span lines = span_trim(buf_span(&finding->change), "\n");
	const bool coloured = report->colours;

	if (finding->verdict == VERDICT_SKIPPED) {
		buf_text(&report->untried, report->untried.len ? ", " : "");
		buf_text(&report->untried, finding->name);
		return;
	}
	fprintf(report->out, "%s%-7s%s  %-*s  %s\n",
	    coloured ? colours[finding->verdict] : "", marks[finding->verdict],
	    coloured ? "\033[0m" : "", NAME_WIDTH, finding->name,
	    finding->seen.at);
	while (lines.at && lines.len) {
		struct span line = span_cut(&lines, '\n');

		fprintf(report->out, "%*s%.*s\n", 7 + 2 + NAME_WIDTH + 2, "",
		    (int)line.len, line.at);
	}
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
	if (report->json)
		json_finding(report, finding);
	else
		text_finding(report, finding);
	fflush(report->out);
}

void report_init(struct report *report, FILE *out, bool json)
{
	const char *none = getenv("NO_COLOR");
	const bool terminal = isatty(fileno(out)) == 1;

	*report = (struct report){
		.view = { begin, end },
		.out = out,
		.json = json,
		.colours = terminal && !(none && *none),
		.progress = terminal && !json ? out : NULL,
		.first = true,
	};
	buf_init(&report->untried, report->untried_memory,
	    sizeof report->untried_memory);
}

void report_begin(struct report *report, struct span storage)
{
	buf_reset(&report->untried);
	if (report->json) {
		fputs("{\"storage\": ", report->out);
		json_string(report->out, storage);
		fputs(", \"checks\": [", report->out);
	} else {
		fprintf(report->out, "storage \"%.*s\"\n", (int)storage.len,
		    storage.at);
	}
}

void report_end(struct report *report, const unsigned counts[VERDICT_COUNT])
{
	if (report->json) {
		fprintf(report->out,
		    "\n], \"ok\": %u, \"warnings\": %u, \"failures\": %u, "
		    "\"skipped\": %u}\n",
		    counts[VERDICT_OK], counts[VERDICT_WARNING],
		    counts[VERDICT_FAILURE], counts[VERDICT_SKIPPED]);
		return;
	}
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
