#ifndef HTTP_REDIRECT_H
#define HTTP_REDIRECT_H

#include "http/request.h"

/* Whether there is a store that links may lead to. */
bool redirect_offered(const struct service *service);

/*
 * GET and HEAD /f/TOKEN/KEY of the stores that have, or had, "redirect" as
 * `get`: links never end. Answers with a 302, or says why that cannot be;
 * false, with nothing done, when the path is no link that such a store made.
 */
bool redirect_answer(struct request *request);

/* Answers with a 302 to an object of a store of S3's, as s3_redirect. */
void redirect_lead(
    struct request *request, struct store *store, struct span key);

#endif
