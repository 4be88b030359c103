#ifndef SERVICE_JOURNAL_H
#define SERVICE_JOURNAL_H

#include <stdbool.h>

/* Whether a descriptor is the stream to systemd's journal that JOURNAL_STREAM
 * names by device and inode (systemd.exec(5)); stream may be NULL. */
bool journal_is(int fd, const char *stream);

#endif
