#include "doctor/private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void say(struct buf *out, const char *format, ...)
{
	char text[4096];
	va_list values;

	va_start(values, format);
	vsnprintf(text, sizeof text, format, values);
	va_end(values);
	buf_text(out, text);
}

void say_printable(struct buf *out, size_t from, const char *keep)
{
	for (size_t i = from; i < out->len; i++)
		if ((out->at[i] < ' ' || out->at[i] > '~') &&
		    span_find(span_of(keep), out->at[i]) == strlen(keep))
			out->at[i] = '?';
}
