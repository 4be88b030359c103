#ifndef SLOT_MEDIA_TYPE_H
#define SLOT_MEDIA_TYPE_H

#include "core/span.h"

#define MEDIA_TYPE_MAX 255
#define MEDIA_TYPE_UNKNOWN "application/octet-stream"

/* RFC 9110, section 8.3.1: type/subtype and parameters, printable ASCII, at
 * most 255 bytes. */
bool media_type_valid(struct span type);

/*
 * A type as clients write it, without blanks and tabs around it. Empty if it is
 * not a media type, as if none was given.
 */
struct span media_type_hint(struct span text);

/* type/subtype without its parameters and the blanks before them. */
struct span media_type_essence(struct span type);

/* pattern: "image/png", "image/ *" (without the blank) or "* / *". Ignores
 * ASCII case and the parameters of type. */
bool media_type_matches(struct span type, struct span pattern);

/* Whether a configured pattern has such a form. */
bool media_type_pattern_valid(struct span pattern);

/* The usual type of a lower-case file name ending, or MEDIA_TYPE_UNKNOWN. */
struct span media_type_of_ending(struct span ending);
/* That of the ending of a file name or object key. */
struct span media_type_of_name(struct span name);

/*
 * Whether browsers may show the type: image/png, jpeg, gif, webp, avif, heic,
 * audio/ *, video/ *, text/plain. All others are sent as attachments,
 * image/svg+xml and every other +xml included.
 */
bool media_type_inline(struct span type);

#endif
