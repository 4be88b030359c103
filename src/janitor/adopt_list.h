#ifndef JANITOR_ADOPT_LIST_H
#define JANITOR_ADOPT_LIST_H

#include "core/buf.h"

#include <stdio.h>

/*
 * Reads uploads.list, in which Prosody's internal storage keeps the slots of
 * mod_http_file_share: Lua, as util.datamanager and util.serialization write
 * it, of which only calls of item with a table of constants are understood.
 * One entry is in memory at a time.
 */

#define ADOPT_LIST_ID 128
#define ADOPT_LIST_NAME 1024
#define ADOPT_LIST_TYPE 256

struct adopt_entry {
	char id[ADOPT_LIST_ID]; /* of the slot; "": none, or too long */
	char name[ADOPT_LIST_NAME];
	char type[ADOPT_LIST_TYPE]; /* as the client wrote it; "": none */
	uint64_t size;
	bool has_size;
	int64_t stored; /* unix seconds; -1: not told */
};

struct adopt_list {
	FILE *file;
	unsigned line; /* from 1 */
	int next;      /* the byte that comes */
};

enum adopt_listed { ADOPT_LISTED, ADOPT_LIST_END, ADOPT_LIST_WRONG };

/* The file stays the caller's. */
void adopt_list_open(struct adopt_list *list, FILE *file);
/* ADOPT_LIST_WRONG: what stands in list->line is nothing that Prosody writes,
 * or it ends there in the middle of an entry. */
enum adopt_listed adopt_list_next(
    struct adopt_list *list, struct adopt_entry *ret_entry);

#endif
