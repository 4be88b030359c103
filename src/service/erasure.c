#include "service/erasure.h"

#include "service/random.h"
#include "slot/note.h"

bool erasure_possible(const struct service *service)
{
	bool told = false;

	for (size_t i = 0; i < service->store_count; i++) {
		if (!service->stores[i]->class->note)
			return false;
		told |= key_template_needs_key(&service->templates[i]);
	}
	return told && service->keyring && service->keyring->count;
}

bool erasure_possible_for(const struct service *service, const struct jid *jid)
{
	return erasure_possible(service) &&
	       key_template_needs_key(
		   service_issuer(service, jid->domain)->template);
}

static enum failure note(
    struct store *to, struct span text, int64_t now, struct refusal *why)
{
	uint8_t random[NOTE_RANDOM_BYTES];
	char memory[NOTE_KEY];
	struct buf key = buf_of(memory, sizeof memory);

	random_bytes(random, sizeof random);
	note_key_write(random, &key);
	return to->class->note(to, buf_span(&key), text, now, why);
}

enum failure erasure_note(const struct service *service, const struct jid *jid,
    int64_t now, size_t *store, struct refusal *why)
{
	char memory[NOTE_TEXT];
	struct buf text = buf_of(memory, sizeof memory);
	enum failure failure = FAILURE_NONE;

	note_write(&service->keyring->roots[0], jid, now, &text);
	while (*store < service->store_count) {
		failure =
		    note(service->stores[*store], buf_span(&text), now, why);
		if (failure)
			break;
		++*store;
	}
	return failure;
}
