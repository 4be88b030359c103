#include "slot/dialect.h"

#include "core/hex.h"
#include "core/utf8.h"
#include "slot/filename.h"
#include "slot/media_type.h"

bool dialect_makes_urls(enum dialect dialect)
{
	return dialect >= DIALECT_EXTERNAL_V1;
}

const char *dialect_parameter(enum dialect dialect)
{
	switch (dialect) {
	case DIALECT_EXTERNAL_V1:
		return "v";
	case DIALECT_EXTERNAL_V2:
		return "v2";
	case DIALECT_TOKEN:
		return "token";
	default:
		return NULL;
	}
}

static void make_mac(const struct hmac_key *key, enum dialect dialect,
    const struct dialect_upload *upload, uint8_t ret_mac[HASH_SIZE])
{
	const struct span nul = { "", 1 };
	char memory[24];
	struct buf size = buf_of(memory, sizeof memory);
	struct hash running;
	bool old = dialect == DIALECT_EXTERNAL_V1;

	buf_u64(&size, upload->size);
	hmac_begin(key, &running);
	hash_update(&running, upload->path);
	hash_update(&running, old ? span_of(" ") : nul);
	hash_update(&running, buf_span(&size));
	if (!old) {
		hash_update(&running, nul);
		hash_update(&running, upload->type.len
					  ? upload->type
					  : span_of(MEDIA_TYPE_UNKNOWN));
	}
	hmac_end(key, &running, ret_mac);
}

bool dialect_mac_right(const struct caller *caller,
    const struct dialect_upload *upload, struct span mac)
{
	uint8_t given[HASH_SIZE], own[HASH_SIZE];
	bool right = false;

	if (!hex_decode(mac, HASH_SIZE, given))
		return false;
	for (size_t i = 0; i < caller->secret_count; i++) {
		make_mac(&caller->secrets[i], caller->dialect, upload, own);
		right |= equal_constant_time(own, given, HASH_SIZE);
	}
	wipe(own, sizeof own);
	return right;
}

bool dialect_signature_right(const struct caller *caller, struct span text,
    const uint8_t signature[HASH_SIZE])
{
	uint8_t own[HASH_SIZE];
	bool right = false;

	for (size_t i = 0; i < caller->secret_count; i++) {
		hmac(&caller->secrets[i], text, own);
		right |= equal_constant_time(own, signature, HASH_SIZE);
	}
	wipe(own, sizeof own);
	return right;
}

bool dialect_key(const struct caller *caller, struct span path, struct buf *key,
    struct span *ret_filename)
{
	size_t slash = span_find_last(path, '/');
	struct span folders = span_first(path, slash), rest = folders;
	char memory[FILENAME_MAX_BYTES + 1];
	struct buf name = buf_of(memory, sizeof memory);

	if (slash >= path.len || span_find(path, '\0') < path.len ||
	    slash + 1 == path.len)
		return false;
	while (rest.at) {
		struct span segment = span_cut(&rest, '/');

		if (!segment.len || segment.len > DIALECT_FOLDER_MAX ||
		    *segment.at == '.')
			return false;
	}
	filename_clean(span_from(path, slash + 1), &name);
	if (!buf_ok(&name) || !utf8_valid(folders))
		return false;
	buf_add(key, span_from(caller->base, 1));
	buf_add(key, folders);
	buf_char(key, '/');
	buf_add(key, buf_span(&name));
	*ret_filename = span_from(buf_span(key), key->len - name.len);
	return buf_ok(key);
}
