#ifndef CONF_SECRET_H
#define CONF_SECRET_H

#include "conf/reader.h"

/*
 * Reads a file that holds a secret, without one newline at its end, into
 * scratch memory. Faults: unreadable, no regular file, empty, more than max
 * bytes, others may write it. A warning: others may read it.
 */
bool secret_read_file(struct reader *reader, const struct node *node,
    size_t max, struct span *ret_secret);
/* Likewise a file that everybody may read. */
bool secret_read_public(struct reader *reader, const struct node *node,
    size_t max, struct span *ret_text);
/* Likewise a file that holds one secret: warns of litter, and refuses NUL
 * bytes. */
bool secret_read_one(struct reader *reader, const struct node *node, size_t max,
    struct span *ret_secret);

/* Warns of what `what` has in its secret beside that, see litter_of. */
void secret_warn_of_litter(struct reader *reader, const struct node *node,
    const char *what, struct span secret);

/* A secret that stands in the configuration. Warns of litter, and when others
 * may read the configuration; a fault when they may write it. Lives as long
 * as the node. */
bool secret_read_inline(struct reader *reader, const struct node *node,
    size_t max, struct span *ret_secret);

/* Remembers a secret by its digest alone; a fault when it was seen before. */
bool secret_is_new(
    struct reader *reader, const struct node *node, struct span secret);

#endif
