#ifndef FUZZ_MATCH_H
#define FUZZ_MATCH_H

#include "fuzz/reading.h"

#define MATCH_JID "upload.example.org" /* the component's */

/* Each answer is to a stanza that may be answered, in their order; and if
 * strict, and all that must be answered are known, none is missing. */
void match_answers(
    const struct reading *in, const struct reading *out, bool strict);

#endif
