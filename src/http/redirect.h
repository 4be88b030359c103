#ifndef HTTP_REDIRECT_H
#define HTTP_REDIRECT_H

#include "http/request.h"

/* Whether there is such a store. */
bool redirect_offered(const struct service *service);

/*
 * GET and HEAD /f/TOKEN/KEY of the stores whose `get` is "redirect". Answers
 * with a 302, or says why that cannot be; false, with nothing done, when the
 * path is no link that such a store has made.
 */
bool redirect_answer(struct request *request);

#endif
