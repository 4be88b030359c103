#include "fence/fence.h"
#include "fence/fence_table.h"

#include <asm/termbits.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * The filter is written here and not by libseccomp: it is a list of numbers
 * that the headers of the kernel give, with a few conditions of one argument.
 * A library would bring the names of all architectures to each process, and
 * its own version's idea of which calls there are. What is newer than both
 * this file and the headers gets ENOSYS, so that a newer libc falls back as on
 * an older kernel.
 */

static const uint16_t basic[] = { FENCE_BASIC_CALLS };
static const uint16_t old_basic[] = { FENCE_OLD_BASIC_CALLS };
static const uint16_t service[] = { FENCE_SERVICE_CALLS };
static const uint16_t old_service[] = { FENCE_OLD_CALLS };
static const uint16_t deadly[] = { FENCE_DEADLY_CALLS };

#define X32 0x40000000

/* --- writing the filter ---------------------------------------------------*/

struct filter {
	struct sock_filter code[640];
	uint16_t len;
};

#define ALLOW SECCOMP_RET_ALLOW
#define FAIL(error) (SECCOMP_RET_ERRNO | (error))

static void put(struct filter *filter, struct sock_filter statement)
{
	filter->code[filter->len++] = statement;
}

static void load(struct filter *filter, size_t offset)
{
	put(filter, (struct sock_filter)BPF_STMT(
			BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void end(struct filter *filter, uint32_t verdict)
{
	put(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
}

/* What was loaded is this value: that is the verdict. */
static void when(struct filter *filter, uint32_t value, uint32_t verdict)
{
	put(filter, (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
	end(filter, verdict);
}

static void when_any(struct filter *filter, const uint16_t *calls, size_t count,
    uint32_t verdict)
{
	for (size_t i = 0; i < count; i++)
		when(filter, calls[i], verdict);
}

#define EACH(calls) (calls), sizeof(calls) / sizeof *(calls)

/*
 * The verdict on one call by an argument: `verdict` if its bits of this mask
 * are one of the values, otherwise `other`. All these arguments are ints, or
 * have no higher bits that count. The low half comes first on both machines.
 */
struct condition {
	uint32_t call;
	unsigned argument;
	uint32_t mask;
	uint32_t verdict;
	uint32_t other;
	unsigned count;
	uint32_t values[8];
};

static void judge_one(struct filter *filter, const struct condition *c)
{
	const uint8_t past = (uint8_t)(2 * c->count + 3);

	put(filter, (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, c->call, 0, past));
	load(filter, offsetof(struct seccomp_data, args) + 8 * c->argument);
	put(filter,
	    (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, c->mask));
	for (unsigned i = 0; i < c->count; i++)
		when(filter, c->values[i], c->verdict);
	end(filter, c->other);
}

static void judge(
    struct filter *filter, const struct condition *conditions, size_t count)
{
	for (size_t i = 0; i < count; i++)
		judge_one(filter, &conditions[i]);
}

#define NAMESPACES                                                             \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |         \
	    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define WHOLE UINT32_MAX
#define NAME_MEMORY 0x53564d41 /* PR_SET_VMA: malloc may name its own */

/* Of threads and memory. */
static void judge_basic(
    struct filter *filter, enum fence_role role, uint32_t own)
{
	const uint32_t fork = role == FENCE_READER ? 0 : CLONE_THREAD;
	const struct condition conditions[] = {
		{ FENCE_MMAP, 2, PROT_WRITE | PROT_EXEC, FAIL(EPERM), ALLOW, 1,
		    { PROT_WRITE | PROT_EXEC } },
		/* Nor may what was written be made executable. */
		{ SYS_mprotect, 2, PROT_EXEC, ALLOW, FAIL(EPERM), 1, { 0 } },
		{ SYS_pkey_mprotect, 2, PROT_EXEC, ALLOW, FAIL(EPERM), 1,
		    { 0 } },
		{ SYS_clone, 0, CLONE_THREAD | NAMESPACES, ALLOW, FAIL(EPERM),
		    2, { CLONE_THREAD, fork } },
		{ SYS_tgkill, 0, WHOLE, ALLOW, FAIL(EPERM), 1, { own } },
	};

	judge(filter, EACH(conditions));
}

static void judge_more(struct filter *filter, uint32_t own)
{
	const struct condition conditions[] = {
		/* libc asks the kernel for addresses by a family of its own,
		 * and does without. */
		{ SYS_socket, 0, WHOLE, ALLOW, FAIL(EAFNOSUPPORT), 3,
		    { AF_INET, AF_INET6, AF_UNIX } },
		{ SYS_socketpair, 0, WHOLE, ALLOW, FAIL(EAFNOSUPPORT), 1,
		    { AF_UNIX } },
		{ SYS_ioctl, 1, WHOLE, ALLOW, FAIL(EPERM), 7,
		    { FIONBIO, FIONREAD, TCGETS, TCGETS2, TIOCGWINSZ,
			SIOCGIFNAME, SIOCGIFINDEX } },
		{ SYS_prctl, 0, WHOLE, ALLOW, FAIL(EPERM), 3,
		    { PR_SET_NAME, PR_GET_NAME, NAME_MEMORY } },
		{ SYS_prlimit64, 0, WHOLE, ALLOW, FAIL(EPERM), 2, { 0, own } },
	};

	judge(filter, EACH(conditions));
}

/* Whatever is not for this machine's calls is for another's, and an intruder's:
 * a program of 32 bits, x32. */
static void check_machine(struct filter *filter)
{
	load(filter, offsetof(struct seccomp_data, arch));
	put(filter, (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, FENCE_MACHINE, 1, 0));
	end(filter, SECCOMP_RET_KILL_PROCESS);
	load(filter, offsetof(struct seccomp_data, nr));
	put(filter,
	    (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32, 0, 1));
	end(filter, SECCOMP_RET_KILL_PROCESS);
}

static void write_filter(struct filter *filter, enum fence_role role)
{
	const uint32_t own = (uint32_t)getpid();

	filter->len = 0;
	check_machine(filter);
	if (role != FENCE_READER) {
		when_any(filter, EACH(service), ALLOW);
		when_any(filter, EACH(old_service), ALLOW);
	}
	if (role == FENCE_COMMAND)
		when(filter, SYS_fchown, ALLOW);
	when_any(filter, EACH(basic), ALLOW);
	when_any(filter, EACH(old_basic), ALLOW);
	judge_basic(filter, role, own);
	if (role != FENCE_READER)
		judge_more(filter, own);
	when_any(filter, EACH(deadly), SECCOMP_RET_KILL_PROCESS);
	/* Its flags stand in memory; libc then takes clone. */
	when(filter, SYS_clone3, FAIL(ENOSYS));
	put(filter, (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JGT | BPF_K, FENCE_NEWEST, 0, 1));
	end(filter, FAIL(ENOSYS));
	end(filter, FAIL(EPERM));
}

int fence_draw_calls(enum fence_role role)
{
	struct filter filter;
	struct sock_fprog program = { .filter = filter.code };
	long result;

	if (FENCE_NONE)
		return 0;
	if (!FENCE_MACHINE)
		return ENOSYS;
	write_filter(&filter, role);
	program.len = filter.len;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return errno;
	/* A thread's id: that one has a filter of its own already. */
	result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_TSYNC, &program);
	if (result > 0)
		return ESRCH;
	return result == 0 ? 0 : errno;
}
