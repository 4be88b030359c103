#ifndef SLOT_SHARE_H
#define SLOT_SHARE_H

#include "slot/auth.h"

/*
 * Dialects in which the XMPP server makes the URLs itself: it tells the
 * client where to PUT, below the caller's base, and slotd takes the file.
 *
 * external-v1: Prosody's mod_http_upload_external, ejabberd's
 * external_secret. external-v2: the former's v2. token: Metronome. jwt:
 * Prosody's mod_http_file_share.
 */
bool share_dialect(enum dialect dialect);

/* The parameter of the query that has the MAC: "v", "v2" or "token"; NULL for
 * jwt. */
const char *share_parameter(enum dialect dialect);

/* What a MAC of the first three is about. */
struct share_upload {
	struct span path; /* decoded, below the base */
	uint64_t size;    /* Content-Length */
	struct span type; /* Content-Type; empty: there is none */
};

/*
 * Whether one of the caller's secrets made this MAC, lower-case hex: over
 * PATH, a blank and SIZE; in v2 and token PATH NUL SIZE NUL TYPE, where a
 * missing type counts as application/octet-stream. Constant time where it
 * compares.
 */
bool share_mac_right(const struct caller *caller,
    const struct share_upload *upload, struct span mac);

/* Whether one of the caller's secrets made the HMAC-SHA256 of this text. */
bool share_signature_right(const struct caller *caller, struct span text,
    const uint8_t signature[HASH_SIZE]);

/* Bytes of one folder's name, as file systems have it. */
#define SHARE_FOLDER_MAX 255

/*
 * The object key of a path below the base: the base, the path's folders, and
 * the file name made safe as every other (filename_clean). The same for the
 * PUT and for each GET. filename is the name in key. False for a path without
 * a folder, for segments that are empty, start with a dot or are longer than
 * SHARE_FOLDER_MAX, for NUL, for invalid UTF-8 and when key is full.
 */
bool share_key(const struct caller *caller, struct span path, struct buf *key,
    struct span *ret_filename);

#endif
