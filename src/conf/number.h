#ifndef CONF_NUMBER_H
#define CONF_NUMBER_H

#include "core/span.h"

/*
 * How many bytes the number at the start of a text has, with the L behind
 * it; 1 when there is only a sign or a point. ret_wrong: a sentence, when
 * libconfig or one of its versions would change the number in silence; else
 * NULL.
 */
size_t number_scan(struct span text, const char **ret_wrong);

/* The length of a word at the start of the text that should be in quotes: up to
 * a blank, a quote or what ends a value. */
size_t number_word_len(struct span text);

/* How many bytes a string without its quotes has that begins with a number of
 * `len` bytes, as 100M, 5 GiB and 127.0.0.1; 0: it is only a number. */
size_t number_text_len(struct span text, size_t len);

/* 0 to 15; -1: no hexadecimal digit. */
int number_digit(char c);

#endif
