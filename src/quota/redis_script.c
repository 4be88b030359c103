#include "quota/redis_private.h"

/* redis.lua, byte for byte (the build runs at the top level). */
extern const char redis_script_begin[];
extern const char redis_script_end[];

__asm__(".section .rodata\n"
	".global redis_script_begin\n"
	"redis_script_begin:\n"
	".incbin \"src/quota/redis.lua\"\n"
	".global redis_script_end\n"
	"redis_script_end:\n"
	".byte 0\n"
	".previous\n");

struct span redis_script(void)
{
	const ptrdiff_t len = redis_script_end - redis_script_begin;

	return (struct span){ redis_script_begin, (size_t)len };
}
