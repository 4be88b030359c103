#include "service/metrics_text.h"

#include <inttypes.h>

void metrics_head(
    FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metrics_u64(FILE *out, const char *name, const char *type,
    const char *help, uint64_t value)
{
	metrics_head(out, name, type, help);
	fprintf(out, "%s %" PRIu64 "\n", name, value);
}

void metrics_label(FILE *out, const char *name, struct span value)
{
	fprintf(out, "%s=\"", name);
	for (size_t i = 0; i < value.len; i++) {
		char c = value.at[i];

		if (c == '\n')
			fputs("\\n", out);
		else if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

void metrics_seconds(FILE *out, uint64_t micros)
{
	fprintf(out, "%" PRIu64 ".%06" PRIu64 "\n", micros / 1000000,
	    micros % 1000000);
}

/* Of a metric without labels as well. */
static void add_suffix(
    FILE *out, const struct metrics_histogram *histogram, const char *suffix)
{
	fprintf(out, "%s_%s", histogram->name, suffix);
	if (*histogram->labels)
		fprintf(out, "{%s}", histogram->labels);
	fputc(' ', out);
}

void metrics_histogram(FILE *out, const struct metrics_histogram *histogram)
{
	const char *comma = *histogram->labels ? "," : "";
	uint64_t sum = 0;

	for (unsigned i = 0; i < histogram->bound_count; i++) {
		sum += histogram->counts[i];
		fprintf(out, "%s_bucket{%s%sle=\"%g\"} %" PRIu64 "\n",
		    histogram->name, histogram->labels, comma,
		    (double)histogram->bounds[i] / 1e6, sum);
	}
	sum += histogram->counts[histogram->bound_count];
	fprintf(out, "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n",
	    histogram->name, histogram->labels, comma, sum);
	add_suffix(out, histogram, "sum");
	metrics_seconds(out, histogram->micros);
	add_suffix(out, histogram, "count");
	fprintf(out, "%" PRIu64 "\n", sum);
}
