#ifndef CORE_CHARS_H
#define CORE_CHARS_H

/* Sets of bytes, for span_only and its like. CHARS_ALNUM is in the order of
 * base64 (RFC 4648). */

#define CHARS_DIGIT "0123456789"
#define CHARS_LOWER "abcdefghijklmnopqrstuvwxyz"
#define CHARS_ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZ" CHARS_LOWER CHARS_DIGIT
/* tchar, RFC 9110, section 5.6.2. */
#define CHARS_TOKEN CHARS_ALNUM "!#$%&'*+-.^_`|~"
/* Of callers' ids and regions. */
#define CHARS_ID CHARS_ALNUM "._-"

#endif
