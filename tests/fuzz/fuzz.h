#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* What each target has: called by libFuzzer, or by replay.c, with an input.
 * Ends the process where a property does not hold. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define must(property)                                                         \
	((property) ? (void)0 : fuzz_fail(#property, __FILE__, __LINE__))

static inline void fuzz_fail(const char *property, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, property);
	abort();
}

#endif
