#include "conf/fault.h"
#include "doctor/fix_private.h"

/* A document for people: a line for each element that has others or a text.
 * Nothing but white space between elements is left out. */

#define INDENT 6

/* Cuts the next tag or text off. */
static struct span next_piece(struct span *rest)
{
	const char end = *rest->at == '<' ? '>' : '<';
	size_t len = span_find(*rest, end) + (end == '>');
	const struct span piece = span_first(*rest, len);

	*rest = span_from(*rest, piece.len);
	return piece;
}

static void write_document(struct buf *out, struct span document)
{
	unsigned depth = 0;
	bool open = false; /* the last tag opens an element */

	while (document.len) {
		const struct span piece =
		    span_trim(next_piece(&document), " \t\r\n");
		const bool tag = span_starts(piece, "<");
		const bool closes = span_starts(piece, "</");
		const bool alone =
		    span_starts(piece, "<?") || span_starts(piece, "<!") ||
		    (tag && piece.len > 1 && piece.at[piece.len - 2] == '/');

		depth -= closes && depth;
		if (tag && !(closes && open))
			say(out, "\n%*s", (int)(INDENT + 2 * depth), "");
		buf_add(out, piece);
		depth += tag && !closes && !alone;
		if (tag)
			open = !closes && !alone;
	}
}

static void show_document(FILE *out, struct span document)
{
	static char memory[16 * FETCH_BODY];
	struct buf text = buf_of(memory, sizeof memory);
	char *line;

	write_document(&text, document);
	if (!buf_ok(&text)) {
		buf_reset(&text);
		buf_add(&text, document);
	}
	for (line = text.at; line;) {
		char *end = strchr(line, '\n');

		if (end)
			*end = '\0';
		fault_show(out, line);
		fputc('\n', out);
		line = end ? end + 1 : NULL;
	}
}

static void show_head(FILE *out, const struct fix *fix,
    const struct fix_step *step, const char *method, const char *end)
{
	const struct bucket bucket = bucket_of(fix->doctor->storage->s3);

	fprintf(out, "\n   %s %.*s://%.*s%.*s/?%s%s", method,
	    ARG(bucket.base.scheme), ARG(bucket.base.host),
	    ARG(bucket.base.path), step->kind->query, end);
}

void fix_show(const struct fix *fix, FILE *out)
{
	for (size_t i = 0; i < FIX_STEPS; i++) {
		const struct fix_step *step = &fix->steps[i];

		if (!step->due)
			continue;
		if (step->stands) {
			show_head(out, fix, step, "GET", ", as it is now:");
			show_document(out, buf_span(&step->now));
		} else {
			show_head(out, fix, step, "GET", ": there is none\n");
		}
		show_head(out, fix, step, "PUT", ", as it will be:");
		show_document(out, buf_span(&step->next));
	}
	fputc('\n', out);
}
