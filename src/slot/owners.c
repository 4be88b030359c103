#include "slot/owners.h"

#include "core/base64.h"
#include "core/chars.h"
#include "core/stamp.h"

#include <string.h>

/* Who uploads is asked of many keys in a row: what is the same for all of a
 * key's users is done once. */
struct question {
	const struct owner *owners;
	size_t count;
	const struct keyring *keyring;
};

void owners_add(
    struct owner *owner, const struct keyring *keyring, struct span jid)
{
	owner->jid = jid;
	for (size_t i = 0; i < keyring->count; i++) {
		uint8_t mac[HASH_SIZE];

		hmac(&keyring->roots[i].user, jid, mac);
		memcpy(owner->users[i], mac, KEYRING_MAC);
	}
}

static bool decode(struct span text, uint8_t ret_mac[KEYRING_MAC])
{
	size_t len;

	return text.len == KEYRING_TEXT &&
	       base64url_decode(text, KEYRING_MAC, ret_mac, &len) &&
	       len == KEYRING_MAC;
}

static size_t find_user(const struct question *question, struct span user)
{
	uint8_t mac[KEYRING_MAC];

	if (!decode(user, mac))
		return question->count;
	for (size_t i = 0; i < question->count; i++)
		for (size_t k = 0; k < question->keyring->count; k++)
			if (memcmp(question->owners[i].users[k], mac,
				KEYRING_MAC) == 0)
				return i;
	return question->count;
}

/* As keyring_owner, with the hash of the random part made once. */
static size_t find_under(const struct question *question,
    const struct hmac_key *key, struct span random,
    const uint8_t mac[KEYRING_MAC])
{
	struct hash begun, running;
	uint8_t own[HASH_SIZE];
	size_t i;

	hmac_begin(key, &begun);
	hash_update(&begun, random);
	for (i = 0; i < question->count; i++) {
		hash_copy(&begun, &running);
		hash_update(&running, question->owners[i].jid);
		hmac_end(key, &running, own);
		if (memcmp(own, mac, KEYRING_MAC) == 0)
			break;
	}
	hash_drop(&begun);
	return i;
}

static size_t find_owner(
    const struct question *question, struct span random, struct span owner)
{
	uint8_t mac[KEYRING_MAC];
	size_t found = question->count;

	if (!decode(owner, mac))
		return found;
	for (size_t k = 0;
	     k < question->keyring->count && found == question->count; k++)
		found = find_under(
		    question, &question->keyring->roots[k].owner, random, mac);
	return found;
}

/* {random}/{owner}/{filename}, with {until}/ before it or not. */
static bool read_default(
    struct span key, struct span *ret_random, struct span *ret_owner)
{
	struct span random = span_cut(&key, '/'), owner;

	/* Whether {until} is a date is not asked: the hash tells all. */
	if (random.len == STAMP_AMZ_TEXT || span_is(random, "never"))
		random = span_cut(&key, '/');
	owner = span_cut(&key, '/');
	if (random.len != RANDOM_TEXT || owner.len != KEYRING_TEXT || !key.at)
		return false;
	*ret_random = random;
	*ret_owner = owner;
	return true;
}

static size_t find_by_default(const struct question *question, struct span key)
{
	struct span random, owner;

	return read_default(key, &random, &owner)
		   ? find_owner(question, random, owner)
		   : question->count;
}

bool owners_told(const struct key_template *template, struct span key)
{
	struct key_reading reading;
	struct span random, owner;

	if (read_default(key, &random, &owner) &&
	    span_only(random, &chars_word) && span_only(owner, &chars_word))
		return true;
	return key_template_read(template, key, &reading) &&
	       (reading.owner.len || reading.user.len);
}

/* Whether find_by_default has found all that could be found. */
static bool is_default(const struct key_template *template)
{
	static const enum key_part_kind kinds[] = { KEY_UNTIL, KEY_LITERAL,
		KEY_RANDOM, KEY_LITERAL, KEY_OWNER, KEY_LITERAL, KEY_FILENAME };
	const size_t all = sizeof kinds / sizeof *kinds;
	const size_t skipped = all - template->count;

	if (skipped != 0 && skipped != 2)
		return false;
	for (size_t i = 0; i < template->count; i++) {
		const struct key_part *part = &template->parts[i];

		if (part->kind != kinds[skipped + i] ||
		    (part->kind == KEY_LITERAL && !span_is(part->literal, "/")))
			return false;
	}
	return true;
}

size_t owners_find(const struct owner *owners, size_t count,
    const struct keyring *keyring, const struct key_template *template,
    struct span key)
{
	const struct question question = { owners, count, keyring };
	struct key_reading reading;
	size_t found = find_by_default(&question, key);

	if (found < count || !key_template_needs_key(template) ||
	    is_default(template) || !key_template_read(template, key, &reading))
		return found;
	if (reading.owner.len)
		found = find_owner(&question, reading.random, reading.owner);
	if (found == count && reading.user.len)
		found = find_user(&question, reading.user);
	return found;
}
