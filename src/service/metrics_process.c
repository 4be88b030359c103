#include "service/metrics_text.h"

#include <dirent.h>
#include <inttypes.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Numbers of proc(5), under the names that all Prometheus clients use. */

static uint64_t count_fds(void)
{
	struct stat folder;
	uint64_t count = 0;
	DIR *fds;

	/* Since Linux 6.2 st_size is the number of entries; before it is 0. */
	if (stat("/proc/self/fd", &folder) == 0 && folder.st_size > 0)
		return (uint64_t)folder.st_size;
	fds = opendir("/proc/self/fd");
	if (!fds)
		return 0;
	while (readdir(fds))
		count++;
	closedir(fds);
	/* Not counting ".", ".." and the descriptor of the folder. */
	return count < 3 ? 0 : count - 3;
}

/* In pages. */
static bool read_pages(uint64_t *ret_virtual, uint64_t *ret_resident)
{
	FILE *file = fopen("/proc/self/statm", "re");
	char line[128];
	struct span text;
	bool read;

	if (!file)
		return false;
	read = fgets(line, sizeof line, file) != NULL;
	fclose(file);
	if (!read)
		return false;
	text = span_of(line);
	return span_u64(span_cut(&text, ' '), ret_virtual) &&
	       span_u64(span_cut(&text, ' '), ret_resident);
}

static uint64_t micros(struct timeval time)
{
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

void metrics_process(FILE *out, int64_t start)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t virtual, resident;
	struct rusage usage;
	struct rlimit limit;

	metrics_u64(out, "process_start_time_seconds", "gauge",
	    "When the process started, unix time", (uint64_t)start);
	if (getrusage(RUSAGE_SELF, &usage) == 0) {
		metrics_head(out, "process_cpu_seconds_total", "counter",
		    "CPU time, user and system");
		fputs("process_cpu_seconds_total ", out);
		metrics_seconds(
		    out, micros(usage.ru_utime) + micros(usage.ru_stime));
	}
	if (read_pages(&virtual, &resident)) {
		metrics_u64(out, "process_virtual_memory_bytes", "gauge",
		    "Virtual memory", virtual * page);
		metrics_u64(out, "process_resident_memory_bytes", "gauge",
		    "Resident memory", resident * page);
	}
	metrics_u64(out, "process_open_fds", "gauge", "Open file descriptors",
	    count_fds());
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		metrics_u64(out, "process_max_fds", "gauge",
		    "Limit of open file descriptors", limit.rlim_cur);
}
