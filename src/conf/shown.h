#ifndef CONF_SHOWN_H
#define CONF_SHOWN_H

#include <stdio.h>

/* Writes untrusted text for a person to read. Invalid UTF-8, invisible
 * characters and terminal controls become question marks (utf8_is_hidden). */
void shown_put(FILE *to, const char *text);

#endif
