#ifndef FUZZ_PARTS_H
#define FUZZ_PARTS_H

#include "core/buf.h"
#include "fuzz/fuzz.h"

#include <regex.h>

/* The parts of an input: lines, of which the last one has the rest. Empty where
 * there are no more. */
struct span parts_line(struct span *rest);
/* A line that is a number; else 0. */
uint64_t parts_number(struct span *rest);

/* An extended regular expression (regex(7)) in the C locale: a second reader of
 * a grammar. */
struct grammar {
	const char *pattern;
	bool ready;
	regex_t compiled;
};

/* Whether it is the whole text. */
bool grammar_has(struct grammar *grammar, struct span text);

/* Whether the text begins so: what it is, and its groups. at == NULL: a group
 * is not in it. */
#define GRAMMAR_GROUPS 4
bool grammar_take(struct grammar *grammar, struct span text,
    struct span ret_groups[GRAMMAR_GROUPS]);

/* A heap block of just these bytes, so that a sanitizer sees what reads beyond
 * them. To be freed. */
char *parts_copy(struct span text);

#endif
