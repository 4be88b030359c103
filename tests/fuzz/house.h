#ifndef FUZZ_HOUSE_H
#define FUZZ_HOUSE_H

#include "service/service.h"

/* A configuration for a target, in a folder of its own that goes when the
 * process ends. Each function ends the process if it fails. */

/* The folder's path, without a slash at its end. */
const char *house_folder(void);

/* Writes a file into the folder, and gives its path, valid until the next
 * call. */
const char *house_write(const char *name, const void *bytes, size_t len);

/* A key_file, and the configuration of that text, in which each '@' stands for
 * the folder. */
struct conf *house_conf(const char *text);
struct service *house_service(const char *text);

/* Removes all that is in a folder, but not the folder. What somebody still
 * writes there may stay. */
void house_empty(const char *path);

#endif
