#include "slot/note.h"

#include "core/base64.h"

#define VERSION "slotd-erase-v1"
/* The most digits of a time: until the year 33658. */
#define DIGITS 12

void note_key_write(const uint8_t random[NOTE_RANDOM_BYTES], struct buf *out)
{
	buf_text(out, NOTE_FOLDER);
	base64url_encode(out, random, NOTE_RANDOM_BYTES);
}

static void note_mac(const struct keyring_root *root, struct span jid,
    struct span written, uint8_t ret_mac[HASH_SIZE])
{
	struct hash running;

	hmac_begin(&root->erase, &running);
	hash_field(&running, jid);
	hash_field(&running, written);
	hmac_end(&root->erase, &running, ret_mac);
}

void note_write(const struct keyring_root *root, const struct jid *jid,
    int64_t now, struct buf *out)
{
	char jid_memory[JID_BARE_SIZE], time_memory[24];
	struct buf bare = buf_of(jid_memory, sizeof jid_memory);
	struct buf written = buf_of(time_memory, sizeof time_memory);
	uint8_t mac[HASH_SIZE];

	jid_bare(jid, &bare);
	buf_u64(&written, (uint64_t)now);
	note_mac(root, buf_span(&bare), buf_span(&written), mac);
	buf_text(out, VERSION "\n");
	buf_add(out, buf_span(&bare));
	buf_char(out, '\n');
	buf_add(out, buf_span(&written));
	buf_char(out, '\n');
	base64url_encode(out, mac, KEYRING_MAC);
	buf_char(out, '\n');
}

bool note_read(
    const struct keyring *keyring, struct span text, struct note *ret_note)
{
	struct span version = span_cut(&text, '\n');
	struct span jid = span_cut(&text, '\n');
	struct span written = span_cut(&text, '\n');
	struct span mac_text = span_cut(&text, '\n');
	uint8_t mac[KEYRING_MAC];
	uint64_t seconds;
	size_t len;
	bool fits = false;

	/* Behind the last line feed stands nothing. */
	if (!text.at || text.len || !span_is(version, VERSION) ||
	    written.len > DIGITS || !span_u64(written, &seconds))
		return false;
	if (!base64url_decode(mac_text, sizeof mac, mac, &len) ||
	    len != sizeof mac)
		return false;
	/* Tries every key, so that the time does not tell which one fits. */
	for (size_t i = 0; i < keyring->count; i++) {
		uint8_t own[HASH_SIZE];

		note_mac(&keyring->roots[i], jid, written, own);
		fits |= equal_constant_time(own, mac, sizeof mac);
	}
	if (!fits)
		return false;
	*ret_note = (struct note){ jid, (int64_t)seconds };
	return true;
}

int64_t note_ends(const struct note *note, uint32_t put_ttl)
{
	return note->written + put_ttl + NOTE_EXTRA;
}
