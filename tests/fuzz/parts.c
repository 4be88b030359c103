#include "fuzz/parts.h"

struct span parts_line(struct span *rest)
{
	const struct span line = span_cut(rest, '\n');

	return line.at ? line : SPAN_EMPTY;
}

uint64_t parts_number(struct span *rest)
{
	uint64_t number = 0;

	span_u64(parts_line(rest), &number);
	return number;
}

bool grammar_take(struct grammar *grammar, struct span text,
    struct span ret_groups[GRAMMAR_GROUPS])
{
	regmatch_t groups[GRAMMAR_GROUPS] = { { .rm_so = 0,
	    .rm_eo = (regoff_t)text.len } };
	/* A sanitizer looks for the NUL behind it. */
	char *copy = malloc(text.len + 1);
	bool found;

	must(copy);
	memcpy(copy, text.at, text.len);
	copy[text.len] = '\0';
	if (!grammar->ready)
		must(regcomp(&grammar->compiled, grammar->pattern,
			 REG_EXTENDED) == 0);
	grammar->ready = true;
	found = regexec(&grammar->compiled, copy, GRAMMAR_GROUPS, groups,
		    REG_STARTEND) == 0;
	free(copy);
	for (size_t i = 0; found && i < GRAMMAR_GROUPS; i++)
		ret_groups[i] =
		    groups[i].rm_so < 0
			? (struct span){ NULL, 0 }
			: (struct span){ text.at + groups[i].rm_so,
				  (size_t)(groups[i].rm_eo - groups[i].rm_so) };
	return found && groups[0].rm_so == 0;
}

bool grammar_has(struct grammar *grammar, struct span text)
{
	struct span groups[GRAMMAR_GROUPS];

	return grammar_take(grammar, text, groups) && groups[0].len == text.len;
}

char *parts_copy(struct span text)
{
	char *copy = malloc(text.len + !text.len);

	must(copy);
	memcpy(copy, text.at, text.len);
	return copy;
}
