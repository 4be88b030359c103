#include "slot/rate.h"

#define MICROS 1000000

/* Virtual scheduling, as in ATM's GCRA, which needs one number only. */
static int64_t wait_of(const struct rate *rate, int64_t filled, int64_t now)
{
	int64_t interval = MICROS / rate->per_second;
	int64_t wait = filled - interval * (rate->burst - 1) - now;

	return wait > 0 ? wait : 0;
}

int64_t rate_look(struct rate *rate, int64_t now)
{
	return wait_of(rate, atomic_load(&rate->filled), now);
}

int64_t rate_take(struct rate *rate, int64_t now)
{
	int64_t filled = atomic_load(&rate->filled);
	int64_t wait, next;

	do {
		wait = wait_of(rate, filled, now);
		if (wait)
			return wait;
		next =
		    (filled > now ? filled : now) + MICROS / rate->per_second;
	} while (!atomic_compare_exchange_weak(&rate->filled, &filled, next));
	return 0;
}

void rate_resume(struct rate *rate, const struct rate *before, int64_t now)
{
	int64_t interval = MICROS / rate->per_second;
	int64_t taken = atomic_load(&before->filled) - now;

	if (taken <= 0)
		return;
	/* As many requests, at the new rate; at most a whole burst. */
	if (before->per_second != rate->per_second)
		taken = taken / (MICROS / before->per_second) * interval;
	if (taken > interval * rate->burst)
		taken = interval * rate->burst;
	atomic_store(&rate->filled, now + taken);
}
