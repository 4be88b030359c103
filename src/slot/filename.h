#ifndef SLOT_FILENAME_H
#define SLOT_FILENAME_H

#include "core/buf.h"

#define FILENAME_MAX_BYTES 200
#define FILENAME_ENDING_MAX 20

/*
 * Appends a file name made safe but recognisable:
 *   only the part after the last '/' or '\';
 *   without U+0000-001F, 007F-009F, 061C, 200B, 200E-200F, 2028-202E,
 *   2066-2069, FEFF;
 *   without dots at the front and blanks (utf8_is_blank) at both ends;
 *   at most 200 bytes: the ending (after the last dot, up to 20 bytes) is
 *   kept, and no character is cut;
 *   "file" if nothing is left.
 * out needs 201 bytes, and is marked full if the name is not valid UTF-8.
 * A name that is safe already stays the same.
 */
void filename_clean(struct span name, struct buf *out);

/* For plain_urls: appends a cleaned name in which each character outside
 * [A-Za-z0-9_.-] becomes '_'. */
void filename_plain(struct span cleaned, struct buf *out);

/* Appends the part after the last dot of a cleaned name in lower case, if it
 * is 1 to 20 bytes of [A-Za-z0-9]; else "bin". */
void filename_ending(struct span cleaned, struct buf *out);

/* Whether a cleaned name has one of these endings (written without dot).
 * Ignores ASCII case, and dots and spaces at the end of the name. */
bool filename_has_ending(
    struct span cleaned, const struct span *endings, size_t count);

/*
 * Appends the value of Content-Disposition that saves a file under this name:
 * "attachment" with the name as filename* (RFC 8187) and, for clients that do
 * not know that, as a plain ASCII filename (RFC 6266, appendix D). name is
 * UTF-8 without control characters.
 */
void filename_attachment(struct buf *out, struct span name);

#endif
