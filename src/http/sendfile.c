#include "http/sendfile.h"

#include "http/request.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>

/* By the file's descriptor. Made once, for all of the process. */
static _Atomic(struct request *) *requests;
static int count;

static bool in_range(int fd)
{
	return fd >= 0 && fd < count;
}

bool sendfile_start(int fds)
{
	if (!requests) {
		requests = calloc((size_t)fds, sizeof *requests);
		count = requests ? fds : 0;
	}
	return requests != NULL;
}

void sendfile_ask(struct request *request, int fd)
{
	request->file = fd;
	if (in_range(fd))
		atomic_store(&requests[fd], request);
}

void sendfile_forget(const struct request *request)
{
	struct request *expected = (struct request *)(uintptr_t)request;

	/* The number may be another request's by now. */
	if (request->ready && in_range(request->file))
		atomic_compare_exchange_strong(
		    &requests[request->file], &expected, NULL);
}

static ssize_t refuse(int error)
{
	errno = error;
	return -1;
}

/*
 * Replaces the C library's. libmicrohttpd comes again after EINTR, for a
 * suspended request when it was resumed, and closes the connection after
 * EBADF. It asks for 128 KiB at a time, but counts what was sent.
 */
__attribute__((visibility("default"))) ssize_t sendfile64(
    int to, int from, off64_t *offset, size_t size)
{
	struct request *request =
	    in_range(from) ? atomic_load(&requests[from]) : NULL;
	long ready;
	ssize_t sent;

	if (!request)
		return syscall(SYS_sendfile, to, from, offset, size);
	ready = request->ready(request, (uint64_t)*offset, size);
	if (ready <= 0)
		return refuse(ready < 0 ? EINTR : EBADF);
	sent = syscall(SYS_sendfile, to, from, offset, (size_t)ready);
	/* The file has become shorter: libmicrohttpd would try for ever. */
	return sent ? sent : refuse(EBADF);
}
