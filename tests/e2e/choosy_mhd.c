/* Preloaded into slotd by a test: libmicrohttpd takes every second connection,
 * and is slow to say so when it has closed one. */
#include <dlfcn.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

struct MHD_Daemon;
typedef int take(
    struct MHD_Daemon *daemon, int fd, const struct sockaddr *a, socklen_t len);

take MHD_add_connection;

int MHD_add_connection(
    struct MHD_Daemon *daemon, int fd, const struct sockaddr *a, socklen_t len)
{
	static atomic_uint count;
	take *next = (take *)dlsym(RTLD_NEXT, "MHD_add_connection");

	if (atomic_fetch_add(&count, 1) % 2 == 0)
		return next(daemon, fd, a, len);
	close(fd);
	usleep(3000);
	return 0;
}
