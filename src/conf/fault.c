#include "conf/fault.h"

#include "conf/shown.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void faults_add_place(
    struct faults *faults, struct source *source, unsigned line)
{
	if (faults->place_count == faults->place_size) {
		size_t size = faults->place_size ? 2 * faults->place_size : 256;
		struct place *places =
		    memory_get(faults->memory, size * sizeof *places);

		if (faults->place_count)
			memcpy(places, faults->places,
			    faults->place_count * sizeof *places);
		faults->places = places;
		faults->place_size = size;
	}
	faults->places[faults->place_count++] = (struct place){ source, line };
}

struct place faults_place(const struct faults *faults, unsigned line)
{
	size_t number = line ? line - 1 : 0;

	if (number >= faults->place_count)
		number = faults->place_count - 1;
	return faults->places[number];
}

static bool known(const struct faults *faults, const char *path)
{
	for (const struct fault *f = faults->first; f; f = f->next)
		if (*path && !f->warning && strcmp(f->path, path) == 0)
			return true;
	return false;
}

static void add(struct faults *faults, const struct fault *what,
    const char *format, va_list arguments)
{
	struct fault *fault = memory_get(faults->memory, sizeof *fault);
	va_list again;
	char *text;
	int len;

	va_copy(again, arguments);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0)
		len = 0;
	text = memory_get(faults->memory, (size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, format, arguments);

	*fault = *what;
	fault->number = faults->fault_count + faults->warning_count;
	fault->path = memory_copy(faults->memory, span_of(what->path)).at;
	fault->text = text;
	fault->next = faults->first;
	faults->first = fault;
	if (what->warning)
		faults->warning_count++;
	else
		faults->fault_count++;
}

void fault_add(struct faults *faults, unsigned line, const char *path,
    const char *format, ...)
{
	const struct fault fault = { .line = line, .path = path };
	va_list arguments;

	if (faults->fault_count == FAULTS_MAX || known(faults, path))
		return;
	va_start(arguments, format);
	add(faults, &fault, format, arguments);
	va_end(arguments);
}

void warning_add(struct faults *faults, unsigned line, const char *path,
    const char *format, ...)
{
	const struct fault fault = {
		.line = line, .path = path, .warning = true
	};
	va_list arguments;

	va_start(arguments, format);
	add(faults, &fault, format, arguments);
	va_end(arguments);
}

static int compare(const void *a, const void *b)
{
	const struct fault *x = *(const struct fault *const *)a;
	const struct fault *y = *(const struct fault *const *)b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

/* Names come from the file system and may hold anything. */
static void print(
    const struct faults *faults, const struct fault *fault, FILE *to)
{
	struct place place = faults_place(faults, fault->line);

	shown_put(to, place.source->name);
	fprintf(to, ":%u: ", place.line);
	if (*fault->path) {
		shown_put(to, fault->path);
		fputs(": ", to);
	}
	if (fault->warning)
		fputs("warning: ", to);
	shown_put(to, fault->text);
	putc('\n', to);
}

void faults_print(const struct faults *faults, FILE *to, FILE *warnings_to)
{
	size_t count = faults->fault_count + faults->warning_count;
	const struct fault **sorted =
	    memory_get(faults->memory, (count + 1) * sizeof *sorted);
	size_t i = 0;

	for (const struct fault *f = faults->first; f; f = f->next)
		sorted[i++] = f;
	qsort(sorted, count, sizeof *sorted, compare);
	for (i = 0; i < count; i++) {
		FILE *where = sorted[i]->warning ? warnings_to : to;
		/* What is wrong already needs no warning. */
		bool moot =
		    sorted[i]->warning && known(faults, sorted[i]->path);

		if (where && !moot)
			print(faults, sorted[i], where);
	}
}
