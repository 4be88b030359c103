#ifndef TESTS_FENCE_MACHINE_H
#define TESTS_FENCE_MACHINE_H

/* What differs between x86-64 and arm64: numbers of system calls, which are the
 * kernel's ABI and stand here once more, and calls of other machines that an
 * x86-64 can make. */
#if defined __x86_64__
#define NUMBER(x86, arm) (x86)

/* getpid of i386 */
static inline int call_as_32_bits(void)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory");
	return result < 0 ? (int)-result : 0;
}

#define X32_GETPID (0x40000000 | 39)
#else
#define NUMBER(x86, arm) (arm)
#define X32_GETPID 0

static inline int call_as_32_bits(void)
{
	return 0;
}
#endif

#endif
