#ifndef HTTP_FILE_H
#define HTTP_FILE_H

#include "http/request.h"

/* Answers GET and HEAD of a file of the embedded store, which is opened
 * meanwhile. */
void file_give(struct request *request, struct span key);

#endif
