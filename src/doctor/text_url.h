#ifndef DOCTOR_TEXT_URL_H
#define DOCTOR_TEXT_URL_H

#include "core/buf.h"

/* What the text around a URL calls it. */
enum text_label {
	TEXT_BARE,
	TEXT_PUT, /* "put": "…" of a slot's JSON, <put url='…'/> of its XML */
	TEXT_GET,
};

/*
 * Finds the next URL in pasted text: a URL alone, a log line, the JSON or XML
 * of a slot. Cuts *rest after it and sets url to the URL without escapes: \/
 * and \u0026 of JSON, and &amp; if every & is written so. False: there is no
 * further URL, or it is longer than url.
 */
bool text_next_url(
    struct span *rest, struct buf *url, enum text_label *ret_label);

#endif
