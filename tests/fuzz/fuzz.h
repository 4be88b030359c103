#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include "core/span.h"

#include <stdio.h>
#include <stdlib.h>

/* A parser, and what must hold for every input. */
struct fuzz_target {
	const char *name;   /* of its corpus, and of its dictionary */
	size_t longest;     /* bytes of an input that libFuzzer tries */
	void (*open)(void); /* once, before the first input; or NULL */
	/* The bytes are in a block of their own size. */
	void (*run)(struct span input);
};

/* The table in targets.c. NULL: there is none with this name, or number. */
const struct fuzz_target *fuzz_find(const char *name);
const struct fuzz_target *fuzz_at(size_t number);

/* Ends the process where a property does not hold. */
#define must(property)                                                         \
	((property) ? (void)0 : fuzz_fail(#property, __FILE__, __LINE__))

static inline void fuzz_fail(const char *property, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, property);
	abort();
}

#endif
