#include "slot/key_owner.h"

bool key_owner_is(const struct keyring *keyring,
    const struct key_reading *reading, const struct jid *jid)
{
	const struct span stored =
	    reading->owner.len ? reading->owner : reading->user;

	for (size_t i = 0; stored.len && i < keyring->count; i++) {
		char memory[KEYRING_TEXT + 1];
		struct buf made = buf_of(memory, sizeof memory);

		if (reading->owner.len)
			keyring_owner(
			    &keyring->roots[i], reading->random, jid, &made);
		else
			keyring_user(&keyring->roots[i], jid, &made);
		if (span_equal(buf_span(&made), stored))
			return true;
	}
	return false;
}
