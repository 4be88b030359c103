#ifndef CONF_SECRET_H
#define CONF_SECRET_H

#include "conf/value.h"

/* A secret that stands in a setting, or in the file that a setting names. */
struct secret {
	const struct node *node; /* the setting; NULL: there is none */
	const char *path;        /* of the file; NULL: none */
	struct span text;        /* empty: there is none, or a fault */
};

/*
 * Reads a secret, as it stands but for one newline at a file's end; false
 * after a fault. The text lives as long as the reading. Faults: the file
 * cannot be read, is no regular file, or has a NUL byte; there is nothing, or
 * more than max bytes; others may write the file, or the configuration when
 * the secret stands there. Warnings: others may read it; litter, see
 * litter_of.
 */
bool secret_read(
    const struct node *node, bool file, size_t max, struct secret *ret_secret);

/* Reads NAME or NAME_file, of which a group may have one. The text lives as
 * long as the configuration. */
struct secret secret_member(
    const struct node *group, const char *name, size_t max);

/* Reads a file that holds secrets, with the same faults and warnings of the
 * file but those of NUL bytes and litter. */
bool secret_read_file(
    const struct node *node, size_t max, struct span *ret_text);
/* The same of a file that everybody may read. */
bool secret_read_public(
    const struct node *node, size_t max, struct span *ret_text);

/* Warns of litter in a secret, which `what` holds. */
void secret_warn_of_litter(
    const struct node *node, const char *what, struct span secret);

/* Remembers a secret by its digest alone; a fault when it was seen before. */
bool secret_is_new(const struct node *node, struct span secret);

#endif
