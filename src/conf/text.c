#include "conf/reading.h"

void text_go_on(struct reading *reading, struct origin *origin, unsigned line)
{
	reading->text.origin = origin;
	reading->text.line = line;
}

void text_put(struct reading *reading, struct span bytes)
{
	struct text *text = &reading->text;

	if (bytes.len >= text->size - text->len) {
		text->size = 2 * (text->size + bytes.len) + 4096;
		text->at = arena_grow(
		    &reading->scratch, text->at, text->len, text->size);
	}
	for (size_t i = 0; i < bytes.len; i++) {
		text->at[text->len++] = bytes.at[i];
		if (bytes.at[i] == '\n')
			faults_add_place(
			    &reading->faults, text->origin, ++text->line);
	}
}

void text_keep_string(struct reading *reading, struct span string)
{
	struct text *text = &reading->text;

	if (text->string_count == text->string_size) {
		text->string_size = 2 * text->string_size + 16;
		text->strings = arena_grow(&reading->scratch, text->strings,
		    text->string_count * sizeof string,
		    text->string_size * sizeof string);
	}
	text->strings[text->string_count++] = string;
}

unsigned text_line(const struct reading *reading)
{
	return (unsigned)reading->faults.place_count;
}
