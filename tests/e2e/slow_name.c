/* For LD_PRELOAD: the name slow.invalid is looked up for as long as the file
 * SLOW_NAME is there; a line on stderr tells that it is. */
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int lookup(const char *name, const char *service,
    const struct addrinfo *hints, struct addrinfo **ret_list);

int getaddrinfo(const char *name, const char *service,
    const struct addrinfo *hints, struct addrinfo **ret_list)
{
	lookup *real = (lookup *)dlsym(RTLD_NEXT, "getaddrinfo");
	const char *gate = getenv("SLOW_NAME");

	if (name && gate && strcmp(name, "slow.invalid") == 0) {
		dprintf(STDERR_FILENO, "slow name\n");
		while (access(gate, F_OK) == 0)
			usleep(10000);
	}
	return real(name, service, hints, ret_list);
}
