#include "slot/key_size.h"

#include "slot/filename.h"

#define DATE_TEXT 10
#define HOST_MAX 253

struct key_range key_part_range(const struct key_part *part, struct span text)
{
	switch (part->kind) {
	case KEY_LITERAL:
		return (struct key_range){ text.len, text.len };
	case KEY_RANDOM:
		return (struct key_range){ RANDOM_TEXT, RANDOM_TEXT };
	case KEY_OWNER:
	case KEY_USER:
		return (struct key_range){ KEYRING_TEXT, KEYRING_TEXT };
	case KEY_DATE:
		return (struct key_range){ DATE_TEXT, DATE_TEXT };
	case KEY_DOMAIN:
		return (struct key_range){ 1, HOST_MAX };
	case KEY_FILENAME:
		return (struct key_range){ 1, FILENAME_MAX_BYTES };
	case KEY_EXT:
		return (struct key_range){ 1, FILENAME_ENDING_MAX };
	}
	return (struct key_range){ 0, 0 };
}

static void add(struct key_range *sum, struct key_range range)
{
	sum->least += range.least;
	sum->most += range.most;
}

static void keep_longest(struct key_range *longest, struct key_range range)
{
	if (longest->least < range.least)
		longest->least = range.least;
	if (longest->most < range.most)
		longest->most = range.most;
}

struct key_size key_size_of(const struct key_template *template)
{
	struct key_size size = { 0 };
	struct key_range segment = { 0 };

	for (size_t i = 0; i < template->count; i++) {
		const struct key_part *part = &template->parts[i];
		struct span rest = part->literal;

		add(&size.key, key_part_range(part, part->literal));
		do {
			size_t slash = span_find(rest, '/');

			add(&segment,
			    key_part_range(part, span_first(rest, slash)));
			keep_longest(&size.segment, segment);
			if (slash == rest.len)
				break;
			segment = (struct key_range){ 0 };
			rest = span_from(rest, slash + 1);
		} while (true);
	}
	return size;
}
