#ifndef ENDPOINT_REDIRECT_H
#define ENDPOINT_REDIRECT_H

#include "http/request.h"

/*
 * GET and HEAD /f/TOKEN/KEY of the stores that have, or had, "redirect" as
 * `get`: links never end. Answers with a 302, or says why that cannot be;
 * false, with nothing done, when the path is no link that such a store made.
 */
bool redirect_answer(struct request *request);

/* Answers with a 302 to where the store's `lead` leads. */
void redirect_lead(
    struct request *request, struct store *store, struct span key);

#endif
