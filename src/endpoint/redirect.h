#ifndef ENDPOINT_REDIRECT_H
#define ENDPOINT_REDIRECT_H

#include "http/request.h"

/*
 * Answers GET and HEAD /f/TOKEN/KEY of the stores with get = "redirect", and
 * of those that had it once, because links stay valid: with a 302 or a
 * failure. Returns false, without an answer, if no store made this link.
 */
bool redirect_answer(struct request *request);

/* Answers with a 302 to the URL that the store's `lead` gives for a key. */
void redirect_lead(
    struct request *request, struct store *store, struct span key);

#endif
