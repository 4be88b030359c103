/* System calls inside the fence, each tried in a process that has drawn it. */
#include "inside.h"
#include "machine.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

/* --- what ends the process ------------------------------------------------*/

static const struct {
	const char *name;
	int number;
} deadly[] = {
	{ "execve", NUMBER(59, 221) },
	{ "execveat", NUMBER(322, 281) },
	{ "ptrace", NUMBER(101, 117) },
	{ "process_vm_readv", NUMBER(310, 270) },
	{ "process_vm_writev", NUMBER(311, 271) },
	{ "bpf", NUMBER(321, 280) },
	{ "io_uring_setup", 425 },
	{ "io_uring_enter", 426 },
	{ "io_uring_register", 427 },
	{ "userfaultfd", NUMBER(323, 282) },
	{ "add_key", NUMBER(248, 217) },
	{ "request_key", NUMBER(249, 218) },
	{ "keyctl", NUMBER(250, 219) },
	{ "mount", NUMBER(165, 40) },
	{ "umount2", NUMBER(166, 39) },
	{ "pivot_root", NUMBER(155, 41) },
	{ "open_tree", 428 },
	{ "move_mount", 429 },
	{ "fsopen", 430 },
	{ "fsconfig", 431 },
	{ "fsmount", 432 },
	{ "fspick", 433 },
	{ "mount_setattr", 442 },
	{ "open_tree_attr", 467 },
};

static int number;

static int call(void)
{
	return outcome(syscall(number, 0, 0, 0, 0, 0, 0));
}

static void test_what_only_an_intruder_does(void **state)
{
	(void)state;
	need(service);
	for (size_t i = 0; i < COUNT_OF(deadly); i++) {
		number = deadly[i].number;
		if (inside(service, call) != SIGNAL(SIGSYS))
			fail_msg("%s does not end it", deadly[i].name);
		if (inside(reader, call) != SIGNAL(SIGSYS))
			fail_msg("%s does not end a reader", deadly[i].name);
	}
}

static int run_true(void)
{
	return outcome(execl("/bin/true", "true", NULL));
}

static int peek(void)
{
	char to[8], from[8] = "secret";
	struct iovec here = { to, sizeof to }, there = { from, sizeof from };

	return outcome(process_vm_readv(getppid(), &here, 1, &there, 1, 0));
}

static void test_for_real(void **state)
{
	(void)state;
	need(service);
	assert_int_equal(inside(service, run_true), SIGNAL(SIGSYS));
	assert_int_equal(inside(service, peek), SIGNAL(SIGSYS));
}

static int call_as_x32(void)
{
	return outcome(syscall(X32_GETPID));
}

static void test_calls_of_other_machines(void **state)
{
	(void)state;
	need(service);
	if (!X32_GETPID)
		skip();
	/* A kernel without these calls sees no call at all. */
	if (inside(nothing, call_as_32_bits) != SIGNAL(SIGSEGV))
		assert_int_equal(
		    inside(service, call_as_32_bits), SIGNAL(SIGSYS));
	assert_int_equal(inside(service, call_as_x32), SIGNAL(SIGSYS));
}

/* --- what fails -----------------------------------------------------------*/

static int start_process(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return outcome(child);
}

static int start_vfork(void)
{
	return outcome(syscall(SYS_clone, CLONE_VM | SIGCHLD, 0, 0, 0, 0));
}

static int clone3(void)
{
	return outcome(syscall(435, NULL, 0));
}

static int namespace_of_its_own(void)
{
	return outcome(unshare(CLONE_NEWUSER));
}

static int listen_socket(void)
{
	return outcome(listen(0, 1));
}

static int bind_socket(void)
{
	return outcome(bind(0, NULL, 0));
}

static int kill_other(void)
{
	return outcome(kill(getppid(), 0));
}

static int kill_thread_of_other(void)
{
	return outcome(syscall(SYS_tgkill, getppid(), getppid(), 0));
}

static int memory_file(void)
{
	return outcome(memfd_create("x", 0));
}

static int dump(void)
{
	return outcome(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int filter_more(void)
{
	return outcome(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, NULL));
}

static int push_input(void)
{
	char byte = 'x';

	return outcome(ioctl(0, TIOCSTI, &byte));
}

static int change_mode(void)
{
	return outcome(chmod("/nowhere", 0777));
}

static int change_user(void)
{
	return outcome(syscall(SYS_setuid, getuid()));
}

/* Of nothing to nobody. */
static int change_owner(void)
{
	return outcome(fchown(-1, getuid(), getgid()));
}

static int change_domain(void)
{
	/* READ_IMPLIES_EXEC */
	return outcome(syscall(SYS_personality, 0x0400000));
}

static int limit_other(void)
{
	const struct rlimit limit = { 1, 1 };

	return outcome(prlimit(getppid(), RLIMIT_NOFILE, &limit, NULL));
}

static void test_what_fails(void **state)
{
	(void)state;
	need(service);
	assert_int_equal(inside(service, start_process), EPERM);
	assert_int_equal(inside(service, start_vfork), EPERM);
	assert_int_equal(inside(service, clone3), ENOSYS);
	assert_int_equal(inside(service, namespace_of_its_own), EPERM);
	assert_int_equal(inside(service, listen_socket), EPERM);
	assert_int_equal(inside(service, bind_socket), EPERM);
	assert_int_equal(inside(service, kill_other), EPERM);
	assert_int_equal(inside(service, kill_thread_of_other), EPERM);
	assert_int_equal(inside(service, memory_file), EPERM);
	assert_int_equal(inside(service, dump), EPERM);
	assert_int_equal(inside(service, filter_more), EPERM);
	assert_int_equal(inside(service, push_input), EPERM);
	assert_int_equal(inside(service, change_mode), EPERM);
	assert_int_equal(inside(service, change_user), EPERM);
	assert_int_equal(inside(service, change_domain), EPERM);
	assert_int_equal(inside(service, limit_other), EPERM);
	assert_int_equal(inside(service, change_owner), EPERM);
	assert_int_equal(inside(reader, change_owner), EPERM);
	assert_int_equal(inside(command, change_mode), EPERM);
	assert_int_equal(inside(command, start_process), EPERM);
	assert_int_equal(inside(command, listen_socket), EPERM);
}

/* A libc that is newer asks whether the kernel is, too. */
static void test_what_is_unknown_is_missing(void **state)
{
	(void)state;
	need(service);
	number = 1000;
	assert_int_equal(inside(service, call), ENOSYS);
}

/* --- what goes on ---------------------------------------------------------*/

static void *add_one(void *number_of)
{
	++*(int *)number_of;
	return NULL;
}

static int start_threads(void)
{
	pthread_t thread;
	int count = 0;

	for (int i = 0; i < 3; i++)
		if (pthread_create(&thread, NULL, add_one, &count) ||
		    pthread_join(thread, NULL))
			return 1;
	return count == 3 ? 0 : 2;
}

static int abort_itself(void)
{
	signal(SIGABRT, SIG_DFL);
	abort();
}

static int read_itself(void)
{
	return outcome(open("/proc/self/exe", O_RDONLY));
}

static void test_what_goes_on(void **state)
{
	(void)state;
	need(service);
	assert_int_equal(inside(service, start_threads), 0);
	assert_int_equal(inside(service, abort_itself), SIGNAL(SIGABRT));
	assert_int_equal(inside(service, read_itself), 0);
	assert_int_equal(inside(command, change_owner), EBADF);
	assert_int_equal(inside(reader, start_process), 0);
	assert_int_equal(inside(reader, read_itself), EPERM);
}

/* --- all threads ----------------------------------------------------------*/

static pthread_barrier_t barrier;

static void *map_later(void *result)
{
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	*(int *)result = memory_file() == EPERM &&
			 prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == -1 &&
			 errno == EPERM;
	return NULL;
}

static int draw_beside_a_thread(void)
{
	pthread_t thread;
	int held = 0;

	pthread_barrier_init(&barrier, NULL, 2);
	if (pthread_create(&thread, NULL, map_later, &held))
		return 1;
	pthread_barrier_wait(&barrier);
	if (service())
		return 2;
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
	return held ? 0 : 3;
}

static void test_threads_that_are_there_already(void **state)
{
	(void)state;
	need(service);
	assert_int_equal(inside(nothing, draw_beside_a_thread), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_only_an_intruder_does),
		cmocka_unit_test(test_for_real),
		cmocka_unit_test(test_calls_of_other_machines),
		cmocka_unit_test(test_what_fails),
		cmocka_unit_test(test_what_is_unknown_is_missing),
		cmocka_unit_test(test_what_goes_on),
		cmocka_unit_test(test_threads_that_are_there_already),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
