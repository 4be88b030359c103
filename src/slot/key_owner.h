#ifndef SLOT_KEY_OWNER_H
#define SLOT_KEY_OWNER_H

#include "slot/key_template.h"

/* Whether an object key was made for this JID, under any line of key_file, by
 * its {owner}, else its {user}. False without both. */
bool key_owner_is(const struct keyring *keyring,
    const struct key_reading *reading, const struct jid *jid);

#endif
