#include "fence/fence.h"
#include "fence/fence_table.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * From linux/landlock.h, which Debian 12 has in part and others not at all.
 * The kernel's ABI does not change; a newer one adds to it.
 */
#define CREATE_RULESET 444
#define ADD_RULE 445
#define RESTRICT_SELF 446
#define ASK_VERSION 1u
#define RULE_PATH_BENEATH 1

struct ruleset {
	uint64_t files;
	uint64_t ports; /* ABI 4 */
	uint64_t scope; /* ABI 6 */
};

struct rule {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

#define EXECUTE (UINT64_C(1) << 0)
#define WRITE_FILE (UINT64_C(1) << 1)
#define READ_FILE (UINT64_C(1) << 2)
#define READ_DIR (UINT64_C(1) << 3)
#define REMOVE_DIR (UINT64_C(1) << 4)
#define REMOVE_FILE (UINT64_C(1) << 5)
#define MAKE_DIR (UINT64_C(1) << 7)
#define MAKE_REG (UINT64_C(1) << 8)
#define MAKE_SOCK (UINT64_C(1) << 9)
#define FIRST_ALL ((UINT64_C(1) << 13) - 1)
#define REFER (UINT64_C(1) << 13)     /* ABI 2 */
#define TRUNCATE (UINT64_C(1) << 14)  /* ABI 3 */
#define IOCTL_DEV (UINT64_C(1) << 15) /* ABI 5 */
#define OF_FILES (EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV)

#define SCOPE_ABSTRACT (UINT64_C(1) << 0)
#define SCOPE_SIGNAL (UINT64_C(1) << 1)

/* Before it, no file can be linked from one folder into another. */
#define ABI_MIN 2

static const uint64_t rights[] = {
	[FENCE_READ] = READ_FILE | READ_DIR,
	[FENCE_FILL] = READ_FILE | READ_DIR | WRITE_FILE | REMOVE_DIR |
		       REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER | TRUNCATE,
	[FENCE_BIND] = MAKE_SOCK | REMOVE_FILE,
};

#define LEFT_OUT "the running slotd's sandbox leaves it out: restart slotd"

static bool drawn;

static uint64_t known(long abi)
{
	uint64_t files = FIRST_ALL | REFER;

	if (abi >= 3)
		files |= TRUNCATE;
	if (abi >= 5)
		files |= IOCTL_DEV;
	return files;
}

static long version(void)
{
	return syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);
}

/* A service manager may be told of readiness at an abstract address. */
static uint64_t scope(void)
{
	const char *manager = getenv("NOTIFY_SOCKET");

	return manager && *manager == '@' ? SCOPE_SIGNAL
					  : SCOPE_SIGNAL | SCOPE_ABSTRACT;
}

int fence_files(void)
{
	struct ruleset ruleset = { 0 };
	size_t size = sizeof ruleset.files;
	long abi = version();

	if (abi < 0)
		return -1;
	if (abi < ABI_MIN) {
		errno = EOPNOTSUPP;
		return -1;
	}
	ruleset.files = known(abi);
	if (abi >= 6) {
		ruleset.scope = scope();
		size = sizeof ruleset;
	}
	return (int)syscall(CREATE_RULESET, &ruleset, size, 0);
}

static void add(int list, int fd, uint64_t allowed)
{
	struct stat status;
	struct rule rule;

	if (fstat(fd, &status))
		return;
	allowed &= known(version());
	if (!S_ISDIR(status.st_mode))
		allowed &= OF_FILES;
	rule = (struct rule){ allowed, fd };
	if (allowed)
		syscall(ADD_RULE, list, RULE_PATH_BENEATH, &rule, 0);
}

void fence_allow(int list, const char *path, enum fence_right right)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return;
	add(list, fd, rights[right]);
	close(fd);
}

static bool is_root(const char *folder)
{
	struct stat it, root;

	return stat(folder, &it) == 0 && stat("/", &root) == 0 &&
	       it.st_dev == root.st_dev && it.st_ino == root.st_ino;
}

/* What is to be read may come later, with its folder: then it is the nearest
 * one that is there. */
static void allow_place(int list, const char *path, enum fence_right right)
{
	char *copy = strdup(path);
	const char *folder = copy ? dirname(copy) : path;

	while (copy && right == FENCE_READ && access(folder, F_OK) &&
	       errno == ENOENT && strcmp(folder, ".") != 0)
		folder = dirname((char *)folder);
	fence_allow(list, is_root(folder) ? path : folder, right);
	free(copy);
}

void fence_allow_folder(int list, const char *path, enum fence_right right)
{
	char real[PATH_MAX] = "";
	const bool there = realpath(path, real) != NULL;

	allow_place(list, path, right);
	/* Of a link that leads nowhere yet, libc leaves what is missing. */
	if (there || (right == FENCE_READ && *real))
		allow_place(list, real, right);
}

static int allow_library(struct dl_phdr_info *info, size_t size, void *list)
{
	(void)size;
	if (strchr(info->dlpi_name, '/'))
		fence_allow_folder(*(int *)list, info->dlpi_name, FENCE_READ);
	return 0;
}

/* A rule is of an inode, and /proc makes new ones when it has forgotten those
 * that nobody has open. */
static void allow_own_proc(int list)
{
	static int own = -1;

	if (own < 0)
		own = open("/proc/self", O_PATH | O_CLOEXEC);
	if (own >= 0)
		add(list, own, rights[FENCE_READ]);
}

void fence_allow_system(int list)
{
	static const char *const readable[] = { "/etc", "/usr", "/lib",
		"/lib64", "/dev/urandom", "/dev/null",
		/* malloc asks for these. */
		"/proc/sys/vm/overcommit_memory", "/sys/devices/system/cpu" };
	/* They may be links that lead out of /etc. */
	static const char *const links[] = { "/etc/resolv.conf", "/etc/hosts",
		"/etc/nsswitch.conf", "/etc/localtime", "/etc/ssl/cert.pem",
		"/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt" };
	const char *trusted = getenv("SSL_CERT_FILE");

	for (size_t i = 0; i < sizeof readable / sizeof *readable; i++)
		fence_allow(list, readable[i], FENCE_READ);
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		fence_allow_folder(list, links[i], FENCE_READ);
	if (trusted && *trusted)
		fence_allow_folder(list, trusted, FENCE_READ);
	dl_iterate_phdr(allow_library, &list);
	allow_own_proc(list);
}

int fence_draw_files(int list)
{
	int error = 0;

	if (FENCE_NONE) {
		close(list);
		return 0;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(RESTRICT_SELF, list, 0))
		error = errno;
	else
		drawn = true;
	close(list);
	return error;
}

/* access() asks for the rights of users and groups alone. */
const char *fence_error(int error, const char *path)
{
	char *copy;
	bool hidden;

	if (!drawn || error != EACCES)
		return strerror(error);
	copy = strdup(path);
	hidden = access(path, R_OK) == 0 ||
		 (copy && access(path, F_OK) != 0 &&
		     access(dirname(copy), W_OK | X_OK) == 0);
	free(copy);
	return hidden ? LEFT_OUT : strerror(error);
}
