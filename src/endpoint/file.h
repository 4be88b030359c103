#ifndef ENDPOINT_FILE_H
#define ENDPOINT_FILE_H

#include "http/request.h"

/* Answers GET and HEAD of a file of a store with file_open, which is opened
 * meanwhile. */
void file_give(struct request *request, struct store *store, struct span key);

#endif
