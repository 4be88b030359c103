#ifndef CREDS_SHARED_H
#define CREDS_SHARED_H

#include "creds/draft.h"

/*
 * The shared credentials file, ~/.aws/credentials: parts "[NAME]" with lines
 * "name = value". Reads the three names of one part (of several with one
 * name, the last value counts); false when there is no such part.
 */
bool creds_shared_parse(
    struct span text, struct span profile, struct creds_draft *draft);

#endif
