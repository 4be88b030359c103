#ifndef HTTP_FILE_H
#define HTTP_FILE_H

#include "http/request.h"

/* GET and HEAD of a file of the embedded store. The request waits for the
 * disk; the endpoint is called again, and goes on by file_continue as long as
 * the request has a state. */
void file_begin(struct request *request, struct span key);
void file_continue(struct request *request);

#endif
