#include "quota/windows.h"

#include <string.h>

_Static_assert(sizeof(struct windows) == 100, "the table counts on it");

/* A window of `length` seconds overlaps at most `count` parts. */
static const struct shape {
	uint32_t length;
	uint32_t grain;
	uint32_t count;
	uint64_t most; /* that a part can hold; no limit is higher */
} shapes[] = {
	[WINDOW_MINUTE] = { 60, 10, WINDOWS_MINUTE_PARTS, 4095 },
	[WINDOW_DAY] = { 86400, 9600, WINDOWS_DAY_PARTS,
	    (UINT64_C(1) << 48) - 1 },
};

/* One part as both windows see it. */
struct part {
	uint64_t amount;
	uint32_t end; /* unix seconds of its last grant */
};

/* Rounded up, so that no grant counts too short. */
static uint32_t second_of(int64_t now)
{
	return (uint32_t)((now + 999) / 1000);
}

static struct part get(
    const struct windows *windows, enum window window, uint32_t number)
{
	const struct shape *shape = &shapes[window];
	uint32_t at = number % shape->count;
	uint32_t begin = number * shape->grain;
	const struct windows_part *day;

	if (window == WINDOW_MINUTE)
		return (struct part){ windows->minute[at] >> 4,
			begin + (windows->minute[at] & 15) };
	day = &windows->day[at];
	return (struct part){ (uint64_t)day->high << 32 | day->low,
		begin + day->end };
}

static void put(struct windows *windows, enum window window, uint32_t number,
    struct part part)
{
	const struct shape *shape = &shapes[window];
	uint32_t at = number % shape->count;
	uint32_t end = part.amount ? part.end - number * shape->grain : 0;

	if (window == WINDOW_MINUTE)
		windows->minute[at] = (uint16_t)(part.amount << 4 | end);
	else
		windows->day[at] = (struct windows_part){ (uint32_t)part.amount,
			(uint16_t)(part.amount >> 32), (uint16_t)end };
}

/* The numbers of the newest part that is kept and of the oldest. */
static uint32_t last_of(const struct windows *windows, enum window window)
{
	return windows->newest / shapes[window].grain;
}

static uint32_t first_of(const struct windows *windows, enum window window)
{
	uint32_t last = last_of(windows, window);
	uint32_t more = shapes[window].count - 1;

	return last > more ? last - more : 0;
}

static bool counts(struct part part, enum window window, int64_t now)
{
	return part.amount &&
	       ((int64_t)part.end + shapes[window].length) * 1000 > now;
}

uint64_t windows_used(
    const struct windows *windows, enum window window, int64_t now)
{
	uint32_t last = last_of(windows, window);
	uint64_t used = 0;

	for (uint32_t i = first_of(windows, window); i <= last; i++) {
		struct part part = get(windows, window, i);

		if (counts(part, window, now))
			used += part.amount;
	}
	return used;
}

int64_t windows_free(const struct windows *windows, enum window window,
    uint64_t most, int64_t now)
{
	uint64_t used = windows_used(windows, window, now);
	int64_t when = 0;

	for (uint32_t i = first_of(windows, window); used > most; i++) {
		struct part part = get(windows, window, i);

		if (!counts(part, window, now))
			continue;
		used -= part.amount;
		when = (int64_t)part.end + shapes[window].length;
	}
	return when;
}

int64_t windows_next_of(
    const struct windows *windows, enum window window, int64_t now)
{
	uint32_t last = last_of(windows, window);

	for (uint32_t i = first_of(windows, window); i <= last; i++) {
		struct part part = get(windows, window, i);

		if (counts(part, window, now))
			return (int64_t)part.end + shapes[window].length;
	}
	return 0;
}

int64_t windows_next(const struct windows *windows, int64_t now)
{
	int64_t minute = windows_next_of(windows, WINDOW_MINUTE, now);
	int64_t day = windows_next_of(windows, WINDOW_DAY, now);

	return !minute || (day && day < minute) ? day : minute;
}

/* Empties the parts that start after the newest grant, up to this second. */
static void forward(struct windows *windows, enum window window, uint32_t to)
{
	const struct shape *shape = &shapes[window];
	uint32_t from = last_of(windows, window) + 1;
	uint32_t last = to / shape->grain;

	if (last - from + 1 > shape->count && from <= last)
		from = last - shape->count + 1;
	for (uint32_t i = from; i <= last; i++)
		put(windows, window, i, (struct part){ 0 });
}

static void add(struct windows *windows, enum window window, uint32_t second,
    uint64_t amount)
{
	uint32_t number = second / shapes[window].grain;
	struct part part;

	if (!amount || number < first_of(windows, window))
		return;
	part = get(windows, window, number);
	if (!part.amount || part.end < second)
		part.end = second;
	/* A clock that was set back brings parts together: their sum may not
	 * fit into one. */
	part.amount = amount < shapes[window].most - part.amount
			  ? part.amount + amount
			  : shapes[window].most;
	put(windows, window, number, part);
}

/* Moves the newest grant to this second. The others keep their distance from
 * it, or come a little nearer. */
static void back(struct windows *windows, uint32_t to)
{
	const struct windows old = *windows;

	memset(windows, 0, sizeof *windows);
	windows->newest = to;
	windows->mark = old.mark;
	for (enum window w = WINDOW_MINUTE; w <= WINDOW_DAY; w++) {
		uint32_t last = last_of(&old, w);

		for (uint32_t i = first_of(&old, w); i <= last; i++) {
			struct part part = get(&old, w, i);
			uint32_t age = old.newest - part.end;

			/* The clock may have gone back a little before,
			 * unseen, and both times were rounded up. */
			age -= age < WINDOWS_STEP_BACK + 1
				   ? age
				   : WINDOWS_STEP_BACK + 1;
			if (part.amount && age < shapes[w].length && age <= to)
				add(windows, w, to - age, part.amount);
		}
	}
}

void windows_set_back(struct windows *windows, int64_t now)
{
	uint32_t second = second_of(now);

	if (windows->newest > second &&
	    windows->newest - second > WINDOWS_STEP_BACK)
		back(windows, second);
}

void windows_turn(struct windows *windows, int64_t now)
{
	uint32_t second = second_of(now);

	if (second > windows->newest) {
		forward(windows, WINDOW_MINUTE, second);
		forward(windows, WINDOW_DAY, second);
		windows->newest = second;
	} else {
		windows_set_back(windows, now);
	}
}

void windows_add(
    struct windows *windows, int64_t now, uint32_t slots, uint64_t bytes)
{
	add(windows, WINDOW_MINUTE, second_of(now), slots);
	add(windows, WINDOW_DAY, second_of(now), bytes);
}

static void take_back(struct windows *windows, enum window window,
    uint32_t second, uint64_t amount)
{
	uint32_t number = second / shapes[window].grain;
	struct part part;

	/* That part is kept no more. */
	if (number < first_of(windows, window) ||
	    number > last_of(windows, window))
		return;
	part = get(windows, window, number);
	part.amount -= amount < part.amount ? amount : part.amount;
	put(windows, window, number, part);
}

void windows_take_back(
    struct windows *windows, int64_t now, uint32_t slots, uint64_t bytes)
{
	take_back(windows, WINDOW_MINUTE, second_of(now), slots);
	take_back(windows, WINDOW_DAY, second_of(now), bytes);
}
