/* For LD_PRELOAD: allocations fail as the file NTH_MALLOC says, which whoever
 * wrote it may change at any time. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* The file, four numbers of 64 bits. */
struct plan {
	_Atomic uint64_t count;  /* allocations since it was set to 0 */
	_Atomic uint64_t nth;    /* this one fails; 0: none */
	_Atomic uint64_t every;  /* each multiple of it fails; 0: none */
	_Atomic uint64_t failed; /* how many have */
};

static struct plan *plan;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static void __attribute__((constructor)) begin(void)
{
	const char *path = getenv("NTH_MALLOC");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *memory;

	if (fd < 0)
		return;
	memory =
	    mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (memory != MAP_FAILED)
		plan = memory;
}

static int fails(void)
{
	uint64_t number, every;

	if (!plan)
		return 0;
	number = ++plan->count;
	every = plan->every;
	if (number != plan->nth && (!every || number % every))
		return 0;
	plan->failed++;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
	return fails() ? NULL : __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size)
{
	return fails() ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int posix_memalign(void **ret_memory, size_t alignment, size_t size)
{
	void *memory = memalign(alignment, size);

	if (memory)
		*ret_memory = memory;
	return memory ? 0 : ENOMEM;
}
