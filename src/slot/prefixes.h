#ifndef SLOT_PREFIXES_H
#define SLOT_PREFIXES_H

#include "slot/key_template.h"

/* Every {until} that can have come begins so. Few keys without an end do: they
 * begin with random letters. */
#define PREFIXES_CENTURY "20"

/* Where {until} may begin in a store's keys. */
struct prefixes {
	size_t count;
	struct span list[2 * PURPOSE_COUNT + 1];
	/* All of them, one behind the other. */
	char memory[(2 * PURPOSE_COUNT + 1) * (OBJECT_KEY_MAX + 1)];
};

/*
 * What stands before {until} in keys of this template, with each purpose and
 * as plain_urls changes it, and in those of the default templates: nothing.
 * None stands twice. Must not be copied.
 */
void prefixes_init(
    struct prefixes *prefixes, const struct key_template *template);

/* Appends what stands before {until} in keys of this template and purpose. In
 * a plain one (plain_urls) '~' is '_'. */
void prefixes_write(const struct key_template *template, enum purpose purpose,
    bool plain, struct buf *out);

#endif
