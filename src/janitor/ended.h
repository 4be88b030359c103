#ifndef JANITOR_ENDED_H
#define JANITOR_ENDED_H

#include "core/stamp.h"
#include "slot/key_template.h"

/* Which of a store's object keys tell that their file has ended. */
struct ended {
	const struct key_template *template; /* the store's */
	/* Default ones, without {owner} and with it. */
	struct key_template plain, owned;
	int64_t now;
	char now_text[STAMP_AMZ_TEXT + 1];
};

void ended_init(
    struct ended *ended, const struct key_template *template, int64_t now);

/* Whether a text that stands where {until} may is later than every end that
 * has come: so are those of all keys behind this one. */
bool ended_later(const struct ended *ended, struct span text);

/* Whether the store's template or a default one makes this key, with an {until}
 * that has come and stands at this place in it; NULL: anywhere. */
bool ended_at(const struct ended *ended, struct span key, const char *place);
/* The same as for NULL. Where {until} would stand first, it mostly costs no
 * more than a look at the first letters. */
bool ended_anywhere(const struct ended *ended, struct span key);

#endif
