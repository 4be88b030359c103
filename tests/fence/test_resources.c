/* Memory, sockets and names inside the fence. */
#include "inside.h"

#include <fcntl.h>
#include <netdb.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* --- memory ---------------------------------------------------------------*/

#define PAGE 4096

static int map(int prot)
{
	void *at = mmap(NULL, PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? errno : 0;
}

static int map_data(void)
{
	return map(PROT_READ | PROT_WRITE);
}

static int map_both(void)
{
	return map(PROT_READ | PROT_WRITE | PROT_EXEC);
}

static int map_write_and_run(void)
{
	return map(PROT_WRITE | PROT_EXEC);
}

static int change(int before, int prot)
{
	void *at = mmap(NULL, PAGE, before, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return outcome(mprotect(at, PAGE, prot));
}

static int make_both(void)
{
	return change(
	    PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static int make_written_run(void)
{
	return change(PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC);
}

static int make_both_by_key(void)
{
	void *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return outcome(syscall(SYS_pkey_mprotect, at, PAGE,
	    PROT_READ | PROT_WRITE | PROT_EXEC, -1));
}

static int make_read_only(void)
{
	return change(PROT_READ | PROT_WRITE, PROT_READ);
}

/* As libc does it with a library that it loads later. */
static int map_library(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	void *at = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	return at == MAP_FAILED ? errno : 0;
}

static void test_nothing_is_writable_and_executable(void **state)
{
	(void)state;
	need(service);
	assert_int_equal(inside(service, map_both), EPERM);
	assert_int_equal(inside(service, map_write_and_run), EPERM);
	assert_int_equal(inside(service, make_both), EPERM);
	assert_int_equal(inside(service, make_written_run), EPERM);
	assert_int_equal(inside(service, make_both_by_key), EPERM);
	assert_int_equal(inside(service, map_data), 0);
	assert_int_equal(inside(service, make_read_only), 0);
	assert_int_equal(inside(service, map_library), 0);
}

/* --- sockets --------------------------------------------------------------*/

static int family;

static int open_socket(void)
{
	return outcome(socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

static int open_pair(void)
{
	int ends[2];

	return outcome(socketpair(family, SOCK_STREAM, 0, ends));
}

static void test_families_of_sockets(void **state)
{
	static const int open[] = { AF_UNIX, AF_INET, AF_INET6 };

	(void)state;
	need(service);
	for (size_t i = 0; i < COUNT_OF(open); i++) {
		family = open[i];
		/* A machine may lack one. */
		assert_int_equal(
		    inside(service, open_socket), inside(nothing, open_socket));
	}
	/* From 0 on, beyond the last that there is. */
	for (family = 0; family < 64; family++)
		if (family != AF_UNIX && family != AF_INET &&
		    family != AF_INET6)
			assert_int_equal(
			    inside(service, open_socket), EAFNOSUPPORT);
	family = AF_UNIX;
	assert_int_equal(inside(service, open_pair), 0);
	assert_int_equal(inside(reader, open_socket), EPERM);
}

/* It asks the kernel for addresses by AF_NETLINK, and does without. */
static int look_up(const char *host, int flags)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = flags };
	struct addrinfo *found;
	int families = 0;

	if (getaddrinfo(host, "80", &hints, &found))
		return 1;
	for (struct addrinfo *one = found; one; one = one->ai_next)
		families |= one->ai_family == AF_INET    ? 2
			    : one->ai_family == AF_INET6 ? 4
							 : 1;
	freeaddrinfo(found);
	return families;
}

static int look_up_4(void)
{
	return look_up("127.0.0.1", AI_ADDRCONFIG);
}

static int look_up_6(void)
{
	return look_up("::1", 0);
}

static int look_up_name(void)
{
	return look_up("localhost", AI_ADDRCONFIG);
}

static int look_up_any(void)
{
	return look_up("localhost", 0);
}

static void test_names_are_found(void **state)
{
	(void)state;
	need(service);
	assert_int_equal(inside(service, look_up_4), 2);
	assert_int_equal(inside(service, look_up_6), 4);
	assert_int_equal(
	    inside(service, look_up_any), inside(nothing, look_up_any));
	/* It cannot know whether there is an address of a family, and takes it
	 * that there is. */
	assert_int_equal(
	    inside(service, look_up_name) & inside(nothing, look_up_name),
	    inside(nothing, look_up_name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_writable_and_executable),
		cmocka_unit_test(test_families_of_sockets),
		cmocka_unit_test(test_names_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
