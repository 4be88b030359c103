#ifndef CONF_SECRET_H
#define CONF_SECRET_H

#include "conf/value.h"

/* A secret that is in a setting, or in the file that a setting names. */
struct secret {
	const struct node *node; /* the setting; NULL: there is none */
	const char *path;        /* of the file; NULL: none */
	struct span text;        /* empty: there is none, or a fault */
};

/*
 * Reads a secret without changes; only one newline at the end of a file is
 * dropped. False after a fault. The text lives as long as the reading.
 *
 * Faults: the file cannot be read, is not a regular file or has a NUL byte;
 * the secret is empty or longer than max bytes; the file with the secret, or
 * the configuration when the secret is there, is world-writable. Warnings: it
 * is world-readable; the secret has litter, see litter_of.
 */
bool secret_read(
    const struct node *node, bool file, size_t max, struct secret *ret_secret);

/* Reads NAME or NAME_file, of which a group may have one. The text lives as
 * long as the configuration. */
struct secret secret_member(
    const struct node *group, const char *name, size_t max);

/* Reads a file with secrets. Faults and warnings are the same, but NUL bytes
 * and litter are not checked. */
bool secret_read_file(
    const struct node *node, size_t max, struct span *ret_text);
/* The same for a file that may be world-readable. */
bool secret_read_public(
    const struct node *node, size_t max, struct span *ret_text);

/* Warns of litter in a secret; `what` is the subject of the sentence. */
void secret_warn_of_litter(
    const struct node *node, const char *what, struct span secret);

/* Remembers the digest of a secret. A fault when it was seen before. */
bool secret_is_new(const struct node *node, struct span secret);

#endif
