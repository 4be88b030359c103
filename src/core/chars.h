#ifndef CORE_CHARS_H
#define CORE_CHARS_H

#include <stdbool.h>

/* A set of bytes, for span_run and span_only. */
struct chars {
	bool has[256];
};

static inline bool chars_have(const struct chars *set, char c)
{
	return set->has[(unsigned char)c];
}

/* The bytes of a text without its NUL. */
struct chars chars_of(const char *text);

/* Texts for chars_of. CHARS_ALNUM is in the order of base64 (RFC 4648). */
#define CHARS_DIGIT "0123456789"
#define CHARS_LOWER "abcdefghijklmnopqrstuvwxyz"
#define CHARS_ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZ" CHARS_LOWER CHARS_DIGIT

/* The sets that requests are read and written with. */
extern const struct chars chars_digit;
extern const struct chars chars_alnum;
/* Digits and lower-case letters; 0-9 and a-f. */
extern const struct chars chars_lower_alnum;
extern const struct chars chars_lower_hex;
/* tchar, RFC 9110, section 5.6.2. */
extern const struct chars chars_token;
/* Of callers' ids and regions: alnum . _ - */
extern const struct chars chars_id;
/* Of base64url (RFC 4648, section 5), nonces, labels of hosts: alnum - _ */
extern const struct chars chars_word;
/* unreserved, RFC 3986, section 2.3; the same and the slash. */
extern const struct chars chars_unreserved;
extern const struct chars chars_path;
/* Printable ASCII, the blank included. */
extern const struct chars chars_printable;

#endif
