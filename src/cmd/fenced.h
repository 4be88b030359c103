#ifndef CMD_FENCED_H
#define CMD_FENCED_H

#include "service/log.h"

/*
 * The fence (fence/fence.h) around a process of slotd, by its configuration;
 * none with `sandbox = false`. What could not be drawn is left out.
 */
struct fenced {
	bool on;
	int files; /* 0, or why files are not fenced: an errno */
	int calls; /* the same of system calls */
};

/* Around the files of a service; before its first thread is started, and
 * after service_make. */
struct fenced fenced_service(const struct conf *conf);
/* Around what it asks of the system; when all its sockets listen. */
void fenced_calls(struct fenced *fenced);
/* Logs what is not fenced. */
void fenced_log(const struct fenced *fenced, const struct log *log);
/* Around a command that reads what it is given, and writes nothing but, if
 * `writes`, what is in the folders of stores. conf: NULL if it is not read
 * yet. */
void fenced_command(const struct conf *conf, bool writes);

#endif
