#ifndef TERM_TERM_H
#define TERM_TERM_H

#include "core/span.h"

#include <stdio.h>

/*
 * How results look to a person: a coloured mark, a name and a sentence in
 * columns, wrapped at spaces. Only a terminal gets colours (none of them with
 * NO_COLOR in the environment, https://no-color.org) and lines that are
 * wrapped; what goes elsewhere is for programs, too. A terminal without
 * controls (TERM=dumb) counts as elsewhere. Texts from outside must be without
 * controls: see fault_show.
 */
struct term {
	FILE *out;
	size_t width; /* columns of the terminal; 0: out is none, or dumb */
	bool colours;
};

/* The commonest marks are at most TERM_MARK columns wide. */
#define TERM_MARK 7
/* Where names stand in a row, and how wide those of storages and checks are. */
#define TERM_NAME_AT (TERM_MARK + 2)
#define TERM_NAME 15

enum term_colour {
	TERM_GREEN,  /* well */
	TERM_YELLOW, /* look at it */
	TERM_RED,    /* wrong */
	TERM_DIM,    /* beside the point */
};

/* out must be a file, or a stream in memory, which is no terminal. */
struct term term_of(FILE *out);

/* Prints a text in a colour. */
void term_colour(
    const struct term *term, enum term_colour colour, const char *text);

/* Prints "MARK     NAME  TEXT" as a line. TEXT starts behind a name of
 * name_width columns, and its further lines, too. name_width 0: without a
 * name. */
void term_row(const struct term *term, enum term_colour colour,
    const char *mark, size_t name_width, struct span name, struct span text);

/* Prints the text's lines with an indent. Long lines are wrapped, except those
 * that start with a space or a brace, which people paste. */
void term_lines(const struct term *term, struct span text, size_t indent);

/* Shows a text on a terminal, in place of the last; and takes it away. Nothing
 * happens elsewhere. */
void term_progress(const struct term *term, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void term_progress_end(const struct term *term);

/* A size for people in at most 10 columns: "1.5 MiB", "23 bytes". */
#define TERM_SIZE 32
void term_size(uint64_t bytes, char ret_text[TERM_SIZE]);

#endif
