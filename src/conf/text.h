#ifndef CONF_TEXT_H
#define CONF_TEXT_H

#include "conf/reading.h"

/*
 * The text of a configuration as libconfig sees it: with its includes in
 * place, without comments, and with numbers instead of strings. libconfig's
 * own @include looks in the working directory, and its versions differ in
 * what they do to numbers. Nor does it wipe memory, so it never sees a string:
 * the text has "12;" for the one with that number. Lines are as they were.
 */

#define TEXT_MAX 1048576 /* bytes of all files together */

/* What follows comes from this line of a file. */
void text_go_on(struct reading *reading, struct origin *origin, unsigned line);
/* Appends as it is, and keeps the count of lines. */
void text_put(struct reading *reading, struct span text);
/* Keeps a string, which stays the caller's; its number is string_count before
 * that. */
void text_keep_string(struct reading *reading, struct span string);
/* How many lines there are: a fault found now is told of the last. */
unsigned text_line(const struct reading *reading);

#endif
