#ifndef CONF_TEXT_H
#define CONF_TEXT_H

#include "conf/reading.h"

/*
 * The text of a configuration as libconfig gets it: includes are in place,
 * comments are removed, and each string is replaced by its number, "12;". Lines
 * stay as they were. The reasons: libconfig's own @include looks in the working
 * directory, its versions read some numbers differently, and it does not wipe
 * its memory, so it must not see strings.
 */

#define TEXT_MAX 1048576 /* bytes of all files together */

/* The next text comes from a file, and the line before it has this number. */
void text_go_on(struct reading *reading, struct origin *origin, unsigned line);
/* Appends bytes without changes, and counts lines. */
void text_put(struct reading *reading, struct span text);
/* Keeps a string, which is not copied. Its number is string_count before the
 * call. */
void text_keep_string(struct reading *reading, struct span string);
/* The number of the last line, where faults found now are. */
unsigned text_line(const struct reading *reading);

#endif
