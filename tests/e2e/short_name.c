/* For LD_PRELOAD: a file system whose names end at 143 bytes, as eCryptfs's
 * do. */
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define MAX 143

typedef int linkat_call(
    int from, const char *old, int to, const char *name, int flags);
typedef long pathconf_call(const char *path, int name);
typedef long fpathconf_call(int fd, int name);

int linkat(int from, const char *old, int to, const char *name, int flags)
{
	linkat_call *real = (linkat_call *)dlsym(RTLD_NEXT, "linkat");

	if (strlen(name) > MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return real(from, old, to, name, flags);
}

long pathconf(const char *path, int name)
{
	pathconf_call *real = (pathconf_call *)dlsym(RTLD_NEXT, "pathconf");

	return name == _PC_NAME_MAX ? MAX : real(path, name);
}

long fpathconf(int fd, int name)
{
	fpathconf_call *real = (fpathconf_call *)dlsym(RTLD_NEXT, "fpathconf");

	return name == _PC_NAME_MAX ? MAX : real(fd, name);
}
