/*
 * Open addressing; at least half of the places stay empty. The hash takes the
 * bytes from the last to the first, so that reading a domain once gives the
 * hashes of all the patterns that could match it.
 */
#include "core/names.h"

#include <string.h>

/* FNV-1a, as span_hash. */
static uint32_t step(uint32_t hash, char byte)
{
	return (hash ^ (uint8_t)byte) * 16777619u;
}

static uint32_t hash_back(struct span name)
{
	uint32_t hash = SPAN_HASH;

	for (size_t i = name.len; i > 0; i--)
		hash = step(hash, name.at[i - 1]);
	return hash;
}

/* The place of a name, or of the pattern that is "*" and then `name`; if it is
 * not there, the empty place where it would be. */
static struct names_place *look_up(
    const struct names *names, uint32_t hash, bool pattern, struct span name)
{
	const size_t len = name.len + pattern;

	for (uint32_t at = hash;; at++) {
		struct names_place *place = &names->places[at & names->mask];

		if (!place->name.at)
			return place;
		if (place->hash == hash && place->name.len == len &&
		    (!pattern || *place->name.at == '*') &&
		    span_equal(span_from(place->name, pattern), name))
			return place;
	}
}

static uint32_t number_of(const struct names_place *place)
{
	return place->name.at ? place->number : NAMES_NONE;
}

size_t names_room(size_t count)
{
	size_t room = 2;

	while (room < 2 * count)
		room *= 2;
	return room;
}

void names_init(struct names *names, struct names_place *places, size_t count)
{
	names->places = places;
	names->mask = (uint32_t)names_room(count) - 1;
}

void names_add(struct names *names, struct span name, uint32_t number)
{
	const uint32_t hash = hash_back(name);
	struct names_place *place = look_up(names, hash, false, name);

	if (!place->name.at)
		*place = (struct names_place){ name, hash, number };
}

uint32_t names_find(const struct names *names, struct span name)
{
	if (!names->places)
		return NAMES_NONE;
	return number_of(look_up(names, hash_back(name), false, name));
}

uint32_t names_find_domain(const struct names *names, struct span domain)
{
	uint32_t hash = SPAN_HASH, first = NAMES_NONE, number;

	if (!names->places)
		return NAMES_NONE;
	for (size_t i = domain.len; i-- > 0;) {
		hash = step(hash, domain.at[i]);
		/* "*." stands for at least one character and a dot. */
		if (i == 0 || domain.at[i] != '.')
			continue;
		number = number_of(look_up(
		    names, step(hash, '*'), true, span_from(domain, i)));
		if (number < first)
			first = number;
	}
	number = number_of(look_up(names, hash, false, domain));
	return number != NAMES_NONE ? number : first;
}
