#ifndef FENCE_FENCE_TABLE_H
#define FENCE_FENCE_TABLE_H

#include <linux/audit.h>
#include <sys/syscall.h>

/*
 * The system calls that a fence knows, for x86-64 and arm64, and what of the
 * machine and the build it depends on: the only file with such conditions.
 */

/* Newer than the headers of some systems; these numbers are the same on all
 * architectures. */
#define FENCE_CLOSE_RANGE 436
#define FENCE_OPENAT2 437
#define FENCE_FACCESSAT2 439
#define FENCE_EPOLL_PWAIT2 441
#define FENCE_MOUNT_SETATTR 442
#define FENCE_FUTEX_WAITV 449
#define FENCE_FUTEX_WAKE 454
#define FENCE_FUTEX_WAIT 455
#define FENCE_FUTEX_REQUEUE 456
#define FENCE_MSEAL 462
#define FENCE_OPEN_TREE_ATTR 467
/* The last that was looked at: what is behind it is unknown. */
#define FENCE_NEWEST FENCE_OPEN_TREE_ATTR

#if defined __x86_64__ || defined __aarch64__

/* What every process needs, also one that only reads. */
#define FENCE_BASIC_CALLS                                                      \
	SYS_read, SYS_write, SYS_close, SYS_futex, SYS_munmap, SYS_mremap,     \
	    SYS_brk, SYS_madvise, SYS_recvmsg, SYS_sendmsg, SYS_rt_sigaction,  \
	    SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_getrandom, SYS_exit,     \
	    SYS_exit_group, SYS_getpid, SYS_gettid, SYS_setitimer,             \
	    SYS_set_robust_list, SYS_set_tid_address, SYS_rseq,                \
	    SYS_sched_yield, SYS_clock_gettime, SYS_restart_syscall,           \
	    SYS_fstat, SYS_sysinfo, SYS_sched_getaffinity, FENCE_CLOSE_RANGE,  \
	    FENCE_FUTEX_WAITV, FENCE_FUTEX_WAKE, FENCE_FUTEX_WAIT,             \
	    FENCE_FUTEX_REQUEUE, FENCE_MSEAL
/* Files, the network, waiting, and what libc and other libraries ask for. */
#define FENCE_SERVICE_CALLS                                                    \
	SYS_epoll_pwait, SYS_accept4, SYS_recvfrom, SYS_sendto, SYS_readv,     \
	    SYS_writev, SYS_pread64, SYS_pwrite64, SYS_preadv, SYS_pwritev,    \
	    SYS_preadv2, SYS_pwritev2, SYS_sendfile, SYS_lseek, SYS_openat,    \
	    FENCE_OPENAT2, SYS_newfstatat, SYS_statx, SYS_statfs, SYS_fstatfs, \
	    SYS_faccessat, FENCE_FACCESSAT2, SYS_readlinkat, SYS_getdents64,   \
	    SYS_getcwd, SYS_mkdirat, SYS_unlinkat, SYS_linkat, SYS_renameat,   \
	    SYS_renameat2, SYS_fsync, SYS_fdatasync, SYS_syncfs,               \
	    SYS_ftruncate, SYS_fallocate, SYS_fadvise64, SYS_flock,            \
	    SYS_fsetxattr, SYS_fgetxattr, SYS_getxattr, SYS_lgetxattr,         \
	    SYS_fcntl, SYS_dup, SYS_dup3, SYS_pipe2, SYS_eventfd2,             \
	    SYS_epoll_create1, SYS_epoll_ctl, FENCE_EPOLL_PWAIT2,              \
	    SYS_timerfd_create, SYS_timerfd_settime, SYS_timerfd_gettime,      \
	    SYS_ppoll, SYS_pselect6, SYS_mincore, SYS_connect, SYS_shutdown,   \
	    SYS_getsockname, SYS_getpeername, SYS_getsockopt, SYS_setsockopt,  \
	    SYS_recvmmsg, SYS_sendmmsg, SYS_nanosleep, SYS_clock_nanosleep,    \
	    SYS_clock_getres, SYS_gettimeofday, SYS_rt_sigtimedwait,           \
	    SYS_rt_sigpending, SYS_rt_sigsuspend, SYS_sigaltstack, SYS_getuid, \
	    SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getgroups, SYS_getppid,  \
	    SYS_getrlimit, SYS_getrusage, SYS_times, SYS_uname, SYS_getcpu,    \
	    SYS_membarrier, SYS_sched_getparam, SYS_sched_getscheduler,        \
	    SYS_getpriority
/* What only an intruder would do. */
#define FENCE_DEADLY_CALLS                                                     \
	SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv,            \
	    SYS_process_vm_writev, SYS_bpf, SYS_io_uring_setup,                \
	    SYS_io_uring_enter, SYS_io_uring_register, SYS_userfaultfd,        \
	    SYS_keyctl, SYS_add_key, SYS_request_key, SYS_mount, SYS_umount2,  \
	    SYS_pivot_root, SYS_open_tree, SYS_move_mount, SYS_fsopen,         \
	    SYS_fsconfig, SYS_fsmount, SYS_fspick, FENCE_MOUNT_SETATTR,        \
	    FENCE_OPEN_TREE_ATTR
#define FENCE_MMAP SYS_mmap

#else
#define FENCE_BASIC_CALLS 0
#define FENCE_SERVICE_CALLS 0
#define FENCE_DEADLY_CALLS 0
#define FENCE_MMAP 0
#endif

/* What arm64 has no more; libc still uses some of it elsewhere. */
#if defined __x86_64__
#define FENCE_MACHINE AUDIT_ARCH_X86_64
#define FENCE_OLD_BASIC_CALLS SYS_alarm, SYS_arch_prctl
#define FENCE_OLD_CALLS                                                        \
	SYS_epoll_wait, SYS_poll, SYS_select, SYS_open, SYS_stat, SYS_lstat,   \
	    SYS_access, SYS_readlink, SYS_mkdir, SYS_rmdir, SYS_unlink,        \
	    SYS_link, SYS_rename, SYS_getdents, SYS_dup2, SYS_pipe,            \
	    SYS_eventfd, SYS_epoll_create, SYS_time
#elif defined __aarch64__
#define FENCE_MACHINE AUDIT_ARCH_AARCH64
#define FENCE_OLD_BASIC_CALLS SYS_read
#define FENCE_OLD_CALLS SYS_read
#else
#define FENCE_MACHINE 0 /* there is no fence around calls */
#define FENCE_OLD_BASIC_CALLS 0
#define FENCE_OLD_CALLS 0
#endif

/* Sanitizers map their shadow where and how they like, open /proc, and one of
 * them traces the process at its end. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define FENCE_NONE 1
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||     \
    __has_feature(memory_sanitizer)
#define FENCE_NONE 1
#endif
#endif
#ifndef FENCE_NONE
#define FENCE_NONE 0
#endif

#endif
