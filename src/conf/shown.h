#ifndef CONF_SHOWN_H
#define CONF_SHOWN_H

#include <stdio.h>

/* Text from elsewhere for a person to read: what is no UTF-8, cannot be seen
 * or would steer a terminal becomes a question mark (utf8_is_hidden). */
void shown_put(FILE *to, const char *text);

#endif
