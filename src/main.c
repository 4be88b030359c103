#include "cmd/command.h"
#include "conf/fault.h"
#include "endpoint/json.h"
#include "slotd/version.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Of each thread that asks for no other; names are looked up on some. */
#define STACK_SIZE (512 << 10)

static const struct command *const commands[] = {
	&command_init,
	&command_serve,
	&command_check,
	&command_doctor,
	&command_explain,
	&command_slot,
	&command_sign,
	&command_user,
	&command_files,
	&command_delete,
	&command_sweep,
	&command_erase,
	&command_adopt,
	&command_quota,
	&command_health,
};

#define COMMANDS (sizeof commands / sizeof *commands)

static int help(void)
{
	puts("slotd issues signed upload slots for XMPP servers "
	     "(XEP-0363 on S3).\n");
	puts("usage: slotd COMMAND [-c FILE] ...\n");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %-8s %s\n", commands[i]->name, commands[i]->summary);
	puts("\nFILE is " COMMAND_CONF " unless -c names another.\n"
	     "slotd COMMAND --help describes a command, slotd --version "
	     "prints the version.");
	return EXIT_OK;
}

/* Secrets must not end up in a core dump. */
static void forbid_dumps(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* glibc loads it for the first pthread_exit, and aborts where it cannot: for
 * want of memory, or behind the fence. */
static bool load_for_threads(void)
{
	const char *wrong;

	if (dlopen("libgcc_s.so.1", RTLD_NOW))
		return true;
	wrong = dlerror();
	fprintf(stderr, "slotd: %s\n",
	    wrong ? wrong : "libgcc_s.so.1: out of memory");
	return false;
}

static void *nothing(void *argument)
{
	return argument;
}

/* Threads with the system's 8 MiB would take a service with a limit of its
 * address space (RLIMIT_AS) to that limit before anybody asks. Where libraries
 * keep so much of their own for each that none fits (sanitizers do), they stay
 * as they are. */
static void keep_threads_small(void)
{
	pthread_attr_t before, attributes;
	struct rlimit limit;
	pthread_t thread;

	/* Each thread's first malloc would try to get 64 MiB of addresses,
	 * and the next thread's stack could fail meanwhile. */
	if (!getrlimit(RLIMIT_AS, &limit) && limit.rlim_cur != RLIM_INFINITY)
		mallopt(M_ARENA_MAX, 1);
	pthread_getattr_default_np(&before);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	pthread_setattr_default_np(&attributes);
	pthread_attr_destroy(&attributes);
	if (pthread_create(&thread, NULL, nothing, NULL) == 0)
		pthread_join(thread, NULL);
	else
		pthread_setattr_default_np(&before);
	pthread_attr_destroy(&before);
}

/* Else the next file or connection would take the place of one that is
 * closed, and get what is written to stderr. Writing there still fails. */
static void keep_standard(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static int run(const struct command *command, int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "-h") == 0) {
			fputs(command->help, stdout);
			return EXIT_OK;
		}
	}
	if (!load_for_threads())
		return EXIT_FAULT;
	keep_threads_small();
	forbid_dumps();
	json_start();
	return command_run(command, argc, argv);
}

static int wrong(const char *name)
{
	bool option = name && *name == '-';

	fputs(!name    ? "slotd: a command is missing"
	      : option ? "slotd: unknown option "
		       : "slotd: unknown command ",
	    stderr);
	if (name)
		fault_show(stderr, name);
	fputs(option ? "; options stand behind the command; see slotd --help\n"
		     : "; see slotd --help\n",
	    stderr);
	return EXIT_USAGE;
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(name, commands[i]->name) == 0)
			return commands[i];
	return NULL;
}

/* `slotd help NAME`, as many programs have it. */
static int help_of(const char *name)
{
	const struct command *command = find(name);

	if (!command)
		return wrong(name);
	fputs(command->help, stdout);
	return EXIT_OK;
}

static int choose(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	const struct command *command = find(name);

	if (command)
		return run(command, argc - 1, argv + 1);
	if (strcmp(name, "help") == 0 && argc > 2)
		return help_of(argv[2]);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 ||
	    strcmp(name, "help") == 0)
		return help();
	if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
		puts("slotd " SLOTD_VERSION);
		return EXIT_OK;
	}
	return wrong(argc > 1 ? name : NULL);
}

/* What was printed has not reached anybody until here. */
static int finish(int code)
{
	bool lost = ferror(stdout);

	errno = 0;
	if (fflush(stdout))
		lost = true;
	/* File systems over a network tell it last. A closed one is no loss
	 * where nothing was printed. */
	if (fclose(stdout) && errno != EBADF)
		lost = true;
	if (!lost)
		return code;
	fprintf(stderr, "slotd: cannot write the output: %s\n",
	    errno ? strerror(errno) : "a part of it is missing");
	return code ? code : EXIT_FAULT;
}

int main(int argc, char **argv)
{
	keep_standard();
	return finish(choose(argc, argv));
}
