#include "slot/dialect.h"

#include "core/hex.h"
#include "core/utf8.h"
#include "slot/filename.h"
#include "slot/media_type.h"
#include "slot/note.h"

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

static bool any_made(const struct caller *caller, const struct span *parts,
    size_t count, const uint8_t mac[HASH_SIZE])
{
	uint8_t own[HASH_SIZE];
	bool right = false;

	for (size_t i = 0; i < caller->secret_count; i++) {
		hmac_parts(&caller->secrets[i], parts, count, own);
		right |= equal_constant_time(own, mac, HASH_SIZE);
	}
	wipe(own, sizeof own);
	return right;
}

bool dialect_mac_right(const struct caller *caller,
    const struct dialect_upload *upload, struct span mac)
{
	const bool old = caller->dialect == DIALECT_EXTERNAL_V1;
	const struct span nul = { "", 1 };
	char memory[24];
	struct buf size = buf_of(memory, sizeof memory);
	uint8_t given[HASH_SIZE];

	buf_u64(&size, upload->size);
	const struct span parts[] = { upload->path, old ? span_of(" ") : nul,
		buf_span(&size), nul,
		upload->type.len ? upload->type : span_of(MEDIA_TYPE_UNKNOWN) };
	return hex_decode(mac, HASH_SIZE, given) &&
	       any_made(caller, parts, old ? 3 : 5, given);
}

bool dialect_signature_right(const struct caller *caller, struct span text,
    const uint8_t signature[HASH_SIZE])
{
	return any_made(caller, &text, 1, signature);
}

bool dialect_key(const struct caller *caller, struct span path, struct buf *key,
    struct span *ret_filename)
{
	size_t slash = span_find_last(path, '/');
	struct span folders = span_first(path, slash), rest = folders;
	char memory[FILENAME_MAX_BYTES + 1];
	struct buf name = buf_of(memory, sizeof memory);
	const size_t start = key->len;

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
	return buf_ok(key) &&
	       !span_starts(span_from(buf_span(key), start), NOTE_FOLDER);
}
