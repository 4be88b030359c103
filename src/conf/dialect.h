#ifndef CONF_DIALECT_H
#define CONF_DIALECT_H

#include "conf/reader.h"

/* callers[].dialect and callers[].base. */
void read_dialect(
    struct reader *reader, const struct node *node, struct caller *caller);
void read_base(
    struct reader *reader, const struct node *node, struct caller *caller);

/* Whether what a caller has set goes together. */
void check_dialect(struct reader *reader, const struct node *group,
    const struct caller *caller);

#endif
