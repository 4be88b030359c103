/*
 * For LD_PRELOAD: SIGUSR2 makes the thread that gets it try what INTRUDER says,
 * as one who has taken over the process would, and write the outcome to stderr:
 * "NAME: " and the errno's sentence, or "done". "all" is a list of what only
 * fails; PATH in it is INTRUDER_PATH.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *outside;

static long start_program(void)
{
	return execl("/bin/true", "true", NULL);
}

static long trace(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static long look_into(void)
{
	char byte;
	struct iovec part = { &byte, 1 };

	return process_vm_readv(getppid(), &part, 1, &part, 1, 0);
}

static long load_bpf(void)
{
	return syscall(SYS_bpf, 0, NULL, 0);
}

static long open_ring(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL);
}

static long catch_faults(void)
{
	return syscall(SYS_userfaultfd, 0);
}

static long ask_for_keys(void)
{
	return syscall(SYS_keyctl, 0, 0, 0, 0, 0);
}

static long mount_it(void)
{
	return mount("none", "/mnt", "tmpfs", 0, NULL);
}

static long map_code(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? -1 : 0;
}

static long make_code(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(at, 4096, PROT_READ | PROT_EXEC);
}

static long open_packets(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static long open_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static long start_process(void)
{
	pid_t child = fork();

	if (!child)
		_exit(0);
	return child;
}

static long listen_again(void)
{
	return listen(socket(AF_INET, SOCK_STREAM, 0), 1);
}

static long kill_parent(void)
{
	return kill(getppid(), 0);
}

static long read_outside(void)
{
	return open(outside, O_RDONLY);
}

static long write_outside(void)
{
	return open(outside, O_WRONLY);
}

static long make_outside(void)
{
	char path[4096];

	snprintf(path, sizeof path, "%s.new", outside);
	return open(path, O_WRONLY | O_CREAT, 0600);
}

static long remove_outside(void)
{
	return unlink(outside);
}

static long write_memory(void)
{
	return open("/proc/self/mem", O_RDWR);
}

static const struct attempt {
	const char *name;
	long (*try)(void);
	int kills;
} attempts[] = {
	{ "execve", start_program, 1 },
	{ "ptrace", trace, 1 },
	{ "process_vm_readv", look_into, 1 },
	{ "bpf", load_bpf, 1 },
	{ "io_uring_setup", open_ring, 1 },
	{ "userfaultfd", catch_faults, 1 },
	{ "keyctl", ask_for_keys, 1 },
	{ "mount", mount_it, 1 },
	{ "map code", map_code, 0 },
	{ "make code", make_code, 0 },
	{ "packets", open_packets, 0 },
	{ "netlink", open_netlink, 0 },
	{ "fork", start_process, 0 },
	{ "listen", listen_again, 0 },
	{ "kill", kill_parent, 0 },
	{ "read outside", read_outside, 0 },
	{ "write outside", write_outside, 0 },
	{ "make outside", make_outside, 0 },
	{ "remove outside", remove_outside, 0 },
	{ "write memory", write_memory, 0 },
};

static void try_one(const struct attempt *attempt)
{
	char line[256];
	long result = attempt->try();

	snprintf(line, sizeof line, "%s: %s\n", attempt->name,
	    result < 0 ? strerror(errno) : "done");
	(void)!write(STDERR_FILENO, line, strlen(line));
}

static void try(int signal_number)
{
	const char *wanted = getenv("INTRUDER");

	(void)signal_number;
	for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++)
		if (strcmp(wanted, "all") == 0
			? !attempts[i].kills
			: strcmp(wanted, attempts[i].name) == 0)
			try_one(&attempts[i]);
	(void)!write(STDERR_FILENO, "tried\n", 6);
}

__attribute__((constructor)) static void wait_for_signal(void)
{
	outside = getenv("INTRUDER_PATH");
	signal(SIGUSR2, try);
}
