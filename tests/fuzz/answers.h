#ifndef FUZZ_ANSWERS_H
#define FUZZ_ANSWERS_H

#include "core/span.h"

/* Reads the answers of one connection by a reader of its own, and ends the
 * process where one is not HTTP, has a status that the contract does not know,
 * or is an error without the contract's document. heads: one of the requests
 * may be a HEAD, whose answer has no body. Gives how many there are. */
unsigned answers_check(struct span bytes, bool heads);

#endif
