#ifndef DOCTOR_WANTED_H
#define DOCTOR_WANTED_H

#include "doctor/doctor.h"
#include "doctor/rules.h"

#define WANTED_PREFIX 1200
#define WANTED_SIZE 98304

/* The rules that a bucket needs. Must not be copied. */
struct wanted {
	struct rules rules;
	const char *wrong; /* why some cannot be: a sentence; or NULL */
	/* While they are collected: all keys that begin so end after these
	 * days at the latest. */
	struct wanted_end {
		bool others;
		uint32_t days;
		size_t len;
		char prefix[WANTED_PREFIX];
	} ends[RULES_MAX];
	struct buf text; /* of the rules */
	char memory[WANTED_SIZE];
};

/* What web pages need: slotd-web. */
void wanted_cors(struct wanted *wanted);

/*
 * Rules that remove what has ended, for a storage's bucket: where {purpose}
 * stands before {until}, a rule for each purpose whose files all have an end,
 * which removes only keys that name one; and one for each base with `keep`.
 * None removes a file before its end, unless `keep` was longer when its slot
 * was issued.
 */
void wanted_lifecycle(struct wanted *wanted, const struct conf *conf,
    const struct conf_storage *storage);

#endif
