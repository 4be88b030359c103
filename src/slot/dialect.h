#ifndef SLOT_DIALECT_H
#define SLOT_DIALECT_H

#include "slot/auth.h"

/*
 * Whether the XMPP server makes the URLs itself in this dialect: it tells the
 * client where to PUT, below the caller's base, and slotd takes the file.
 * They are
 *   external-v1  Prosody's mod_http_upload_external, ejabberd's
 *                external_secret
 *   external-v2  version 2 of mod_http_upload_external
 *   token        Metronome
 *   jwt          Prosody's mod_http_file_share
 */
bool dialect_makes_urls(enum dialect dialect);

/* The query parameter with the MAC: "v", "v2" or "token"; NULL for jwt. */
const char *dialect_parameter(enum dialect dialect);

/* What the MAC of external-v1, external-v2 and token covers. */
struct dialect_upload {
	struct span path; /* decoded, below the base */
	uint64_t size;    /* Content-Length */
	struct span type; /* Content-Type; empty: none was sent */
};

/*
 * Whether one of the caller's secrets made this MAC, in lower-case hex.
 * external-v1 signs PATH, a space and SIZE. external-v2 and token sign PATH
 * NUL SIZE NUL TYPE, where a missing type is application/octet-stream. The
 * comparison takes constant time.
 */
bool dialect_mac_right(const struct caller *caller,
    const struct dialect_upload *upload, struct span mac);

/* Whether one of the caller's secrets made the HMAC-SHA256 of this text. */
bool dialect_signature_right(const struct caller *caller, struct span text,
    const uint8_t signature[HASH_SIZE]);

/* The longest folder name in bytes, as in most file systems. */
#define DIALECT_FOLDER_MAX 255

/*
 * Appends the object key for a path below the base: the base, the path's
 * folders and the file name, made safe by filename_clean. PUT and GET of one
 * URL get the same key. *ret_filename is the file name within key. False for
 * a path without a folder, for a folder that is empty, starts with a dot or is
 * longer than DIALECT_FOLDER_MAX, for NUL, for invalid UTF-8, for a key that
 * begins with "slotd-erase/" (slot/note.h) and when key is full.
 */
bool dialect_key(const struct caller *caller, struct span path, struct buf *key,
    struct span *ret_filename);

#endif
