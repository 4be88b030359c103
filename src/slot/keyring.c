#include "slot/keyring.h"

#include "core/base64.h"

static void derive(
    const struct hmac_key *line, const char *label, struct hmac_key *ret_key)
{
	uint8_t mac[HASH_SIZE];

	hmac(line, span_of(label), mac);
	hmac_key_init(ret_key, (struct span){ (const char *)mac, sizeof(mac) });
	wipe(mac, sizeof(mac));
}

static void root_init(struct keyring_root *root, struct span text)
{
	struct hmac_key line;

	hmac_key_init(&line, text);
	derive(&line, "slotd-v1 user", &root->user);
	derive(&line, "slotd-v1 owner", &root->owner);
	derive(&line, "slotd-v1 put", &root->put);
	derive(&line, "slotd-v1 get", &root->get);
	derive(&line, "slotd-v1 erase", &root->erase);
	hmac_key_done(&line);
}

static const char *text_fault(struct span text)
{
	size_t count = 0;

	while (text.at) {
		struct span line = span_trim(span_cut(&text, '\n'), " \t\r");
		if (line.len == 0)
			continue;
		if (line.len < KEYRING_LINE_MIN)
			return "a line is shorter than 32 bytes";
		count++;
	}
	if (count == 0)
		return "there is no key in it";
	return count > KEYRING_MAX ? "it has more than 8 lines" : NULL;
}

bool keyring_read(
    struct keyring *keyring, struct span text, const char **ret_wrong)
{
	const char *wrong = text_fault(text);

	if (wrong) {
		*ret_wrong = wrong;
		return false;
	}
	keyring->count = 0;
	while (text.at) {
		struct span line = span_trim(span_cut(&text, '\n'), " \t\r");
		if (line.len > 0)
			root_init(&keyring->roots[keyring->count++], line);
	}
	return true;
}

void keyring_done(struct keyring *keyring)
{
	for (size_t i = 0; i < keyring->count; i++) {
		hmac_key_done(&keyring->roots[i].user);
		hmac_key_done(&keyring->roots[i].owner);
		hmac_key_done(&keyring->roots[i].put);
		hmac_key_done(&keyring->roots[i].get);
		hmac_key_done(&keyring->roots[i].erase);
	}
	wipe(keyring, sizeof(*keyring));
}

/* The MAC of a prefix and the bare JID, as 22 letters. */
static void add_mac(const struct hmac_key *key, struct span prefix,
    const struct jid *jid, struct buf *out)
{
	char memory[JID_BARE_SIZE];
	uint8_t mac[HASH_SIZE];
	struct buf bare = buf_of(memory, sizeof memory);

	jid_bare(jid, &bare);
	hmac_parts(
	    key, (const struct span[]){ prefix, buf_span(&bare) }, 2, mac);
	base64url_encode(out, mac, KEYRING_MAC);
}

void keyring_user(
    const struct keyring_root *root, const struct jid *jid, struct buf *out)
{
	add_mac(&root->user, SPAN_EMPTY, jid, out);
}

void keyring_owner(const struct keyring_root *root, struct span random,
    const struct jid *jid, struct buf *out)
{
	add_mac(&root->owner, random, jid, out);
}
