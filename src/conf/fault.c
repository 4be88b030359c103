#include "conf/fault.h"

#include "core/utf8.h"
#include "term/term.h"

#include <stdlib.h>
#include <string.h>

void faults_add_place(
    struct faults *faults, struct origin *origin, unsigned line)
{
	if (faults->place_count == faults->place_size) {
		faults->place_size = 2 * faults->place_size + 256;
		faults->places = arena_grow(faults->arena, faults->places,
		    faults->place_count * sizeof *faults->places,
		    faults->place_size * sizeof *faults->places);
	}
	faults->places[faults->place_count++] = (struct place){ origin, line };
}

struct place faults_place(const struct faults *faults, unsigned line)
{
	size_t number = line ? line - 1 : 0;

	if (number >= faults->place_count)
		number = faults->place_count - 1;
	return faults->places[number];
}

bool fault_known(const struct faults *faults, const char *path)
{
	for (const struct fault *f = faults->first; f; f = f->next)
		if (*path && !f->warning && strcmp(f->path, path) == 0)
			return true;
	return false;
}

void fault_add(struct faults *faults, const struct fault *what)
{
	struct fault *fault;

	if (!what->warning && (faults->fault_count == FAULTS_MAX ||
				  fault_known(faults, what->path)))
		return;
	fault = arena_get(faults->arena, sizeof *fault);
	*fault = *what;
	fault->number = faults->fault_count + faults->warning_count;
	fault->path = arena_copy(faults->arena, span_of(what->path)).at;
	fault->next = faults->first;
	faults->first = fault;
	if (what->warning)
		faults->warning_count++;
	else
		faults->fault_count++;
}

static int compare(const void *a, const void *b)
{
	const struct fault *x = *(const struct fault *const *)a;
	const struct fault *y = *(const struct fault *const *)b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

/* File names and settings may have any bytes: fault_show. before: the text. */
static void write_line(
    struct place place, const struct fault *fault, const char *before, FILE *to)
{
	fault_show(to, place.origin->name);
	fprintf(to, ":%u: ", place.line);
	if (*fault->path) {
		fault_show(to, fault->path);
		fputs(": ", to);
	}
	fputs(before, to);
	fault_show(to, fault->text);
}

/* On a terminal: as a row. */
static void show(
    struct place place, const struct fault *fault, struct term *term)
{
	struct span line = SPAN_EMPTY;
	char *memory = NULL;
	FILE *to = open_memstream(&memory, &line.len);

	if (!to)
		return;
	write_line(place, fault, "", to);
	if (fclose(to) == 0) {
		line.at = memory;
		term_row(term, fault->warning ? TERM_YELLOW : TERM_RED,
		    fault->warning ? "warning" : "FAILURE", 0, SPAN_EMPTY,
		    line);
	}
	free(memory);
}

void fault_print(struct place place, const struct fault *fault, FILE *to)
{
	struct term term = term_of(to);

	if (term.width) {
		show(place, fault, &term);
		return;
	}
	write_line(place, fault, fault->warning ? "warning: " : "", to);
	putc('\n', to);
}

void faults_print(const struct faults *faults, FILE *to, FILE *warnings_to)
{
	size_t count = faults->fault_count + faults->warning_count;
	const struct fault **sorted =
	    arena_get(faults->arena, (count + 1) * sizeof *sorted);
	size_t i = 0;

	for (const struct fault *f = faults->first; f; f = f->next)
		sorted[i++] = f;
	qsort(sorted, count, sizeof *sorted, compare);
	for (i = 0; i < count; i++) {
		FILE *where = sorted[i]->warning ? warnings_to : to;
		/* A setting with a fault needs no warning. */
		bool moot =
		    sorted[i]->warning && fault_known(faults, sorted[i]->path);

		if (where && !moot)
			fault_print(faults_place(faults, sorted[i]->line),
			    sorted[i], where);
	}
}

void fault_show(FILE *to, const char *text)
{
	struct span rest = span_of(text);

	while (rest.len) {
		struct span before = rest;
		uint32_t code;

		if (!utf8_next(&rest, &code)) {
			rest = span_from(rest, 1);
			putc('?', to);
		} else if (utf8_is_hidden(code)) {
			putc('?', to);
		} else {
			fwrite(before.at, 1, before.len - rest.len, to);
		}
	}
}
