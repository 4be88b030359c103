#ifndef DOCTOR_TEXT_URL_H
#define DOCTOR_TEXT_URL_H

#include "core/buf.h"

/* What a URL is in the text that it was found in. */
enum text_label {
	TEXT_BARE,
	TEXT_PUT, /* "put": "…" of a slot's JSON, <put url='…'/> of its XML */
	TEXT_GET,
};

/*
 * Finds the next URL in what people paste: a URL alone, a log line, the JSON
 * of a slot, the XML of one. Cuts *rest behind it and puts the URL into url as
 * a client reads it: without \/ and \u0026 of JSON, and with & where each of
 * them was written &amp;. False: there is none (any more), or it is longer
 * than url.
 */
bool text_next_url(
    struct span *rest, struct buf *url, enum text_label *ret_label);

#endif
