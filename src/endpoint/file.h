#ifndef ENDPOINT_FILE_H
#define ENDPOINT_FILE_H

#include "http/request.h"

/* Answers GET and HEAD of a file in a store with file_open. The request waits
 * while a thread opens the file. */
void file_give(struct request *request, struct store *store, struct span key);

#endif
