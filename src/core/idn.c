#include "core/idn.h"

#include <idn2.h>
#include <string.h>

/* UTF-8 takes up to four bytes a character, and mapping makes some shorter. */
#define INPUT_MAX 1023

enum idn_result idn_to_ascii(struct span domain, struct buf *out)
{
	char memory[INPUT_MAX + 1];
	uint8_t *ascii = NULL;
	struct span found;
	struct buf name = buf_of(memory, sizeof memory);
	size_t room = out->size - 1 - out->len;
	int result;

	buf_add(&name, domain);
	/* libidn2 would not see what is behind a NUL. */
	if (!buf_ok(&name) || strlen(name.at) != domain.len)
		return IDN_NONE;
	result = idn2_lookup_u8(
	    (const uint8_t *)name.at, &ascii, IDN2_NONTRANSITIONAL);
	if (result == IDN2_MALLOC)
		return IDN_NO_MEMORY;
	if (result != IDN2_OK)
		return IDN_NONE;
	found = span_of((const char *)ascii);
	if (found.len <= room)
		buf_add(out, found);
	idn2_free(ascii);
	return found.len <= room ? IDN_DONE : IDN_NONE;
}

enum idn_result idn_to_unicode(struct span domain, struct buf *out)
{
	char memory[IDN_MAX + 1];
	struct buf name = buf_of(memory, sizeof memory);
	const size_t room = out->size - 1 - out->len;
	char *labels = NULL;
	struct span found;
	int result;

	buf_add(&name, domain);
	if (!buf_ok(&name))
		return IDN_NONE;
	result = idn2_to_unicode_8z8z(name.at, &labels, 0);
	if (result == IDN2_MALLOC)
		return IDN_NO_MEMORY;
	if (result != IDN2_OK)
		return IDN_NONE;
	found = span_of(labels);
	if (found.len <= room)
		buf_add(out, found);
	idn2_free(labels);
	return found.len <= room ? IDN_DONE : IDN_NONE;
}
