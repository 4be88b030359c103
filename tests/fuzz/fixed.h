#ifndef FUZZ_FIXED_H
#define FUZZ_FIXED_H

/* The time of day in fixed.c: 2026-09-21T14:13:20Z. */
#define FIXED_NOW 1790000000

/* The monotonic clock stands, too, until this is called by a target whose
 * threads wait for it. It then runs FIXED_FASTER times as fast as real time. */
#define FIXED_FASTER 20
void fixed_run(void);

#endif
