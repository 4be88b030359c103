#include "term/term.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* A narrower terminal breaks the lines itself. */
#define WIDTH_MIN 46
#define WIDTH_UNKNOWN 80

static const char *const colours[] = { "\033[32m", "\033[33m", "\033[1;31m",
	"\033[2m" };

static size_t width_of(FILE *out)
{
	const char *type = getenv("TERM");
	struct winsize size;

	if (isatty(fileno(out)) != 1 || (type && strcmp(type, "dumb") == 0))
		return 0;
	if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || !size.ws_col)
		return WIDTH_UNKNOWN;
	return size.ws_col > WIDTH_MIN ? size.ws_col : WIDTH_MIN;
}

struct term term_of(FILE *out)
{
	const char *none = getenv("NO_COLOR");
	const size_t width = width_of(out);

	return (struct term){ out, width, width && !(none && *none) };
}

void term_colour(
    const struct term *term, enum term_colour colour, const char *text)
{
	fprintf(term->out, "%s%s%s", term->colours ? colours[colour] : "", text,
	    term->colours ? "\033[0m" : "");
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
static void put_line(const struct term *term, struct span line, size_t indent)
{
	const bool whole = !line.len || *line.at == ' ' || *line.at == '{';
	/* Behind a wide name there is some room, too. */
	const size_t room =
	    term->width > indent + 20 ? term->width - indent : 20;
	size_t len = !term->width || whole ? line.len : fitting(line, room);

	fprintf(term->out, "%.*s\n", (int)len, line.at);
	while ((line = span_from(line, len + 1)).len) {
		len = fitting(line, room);
		fprintf(
		    term->out, "%*s%.*s\n", (int)indent, "", (int)len, line.at);
	}
}

void term_row(const struct term *term, enum term_colour colour,
    const char *mark, size_t name_width, struct span name, struct span text)
{
	const size_t len = strlen(mark);
	size_t at = TERM_NAME_AT;

	term_colour(term, colour, mark);
	fprintf(term->out, "%*s  ",
	    len < TERM_MARK ? (int)(TERM_MARK - len) : 0, "");
	if (name_width) {
		fprintf(term->out, "%.*s%*s  ", (int)name.len, name.at,
		    name.len < name_width ? (int)(name_width - name.len) : 0,
		    "");
		at += name_width + 2;
	}
	put_line(term, text, at);
}

void term_lines(const struct term *term, struct span text, size_t indent)
{
	while (text.at && text.len) {
		fprintf(term->out, "%*s", (int)indent, "");
		put_line(term, span_cut(&text, '\n'), indent);
	}
}

void term_progress(const struct term *term, const char *format, ...)
{
	va_list values;

	if (!term->width)
		return;
	fputs("\r\033[K", term->out);
	va_start(values, format);
	vfprintf(term->out, format, values);
	va_end(values);
	fflush(term->out);
}

void term_progress_end(const struct term *term)
{
	term_progress(term, "%s", "");
}

void term_size(uint64_t bytes, char ret_text[TERM_SIZE])
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB",
		"TiB" };
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 1024 && unit < 4) {
		value /= 1024;
		unit++;
	}
	snprintf(ret_text, TERM_SIZE, unit ? "%.1f %s" : "%.0f %s", value,
	    units[unit]);
}
