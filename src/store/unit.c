#include "store/unit.h"

#include "core/span.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define EDIT "`systemctl edit slotd`"

static bool in_unit(void)
{
	const char *id = getenv("INVOCATION_ID");

	return id && *id;
}

static bool is_below(const char *path, const char *folder)
{
	struct span rest = span_of(path);

	if (!span_starts(rest, folder))
		return false;
	rest = span_from(rest, span_of(folder).len);
	return rest.len == 0 || *rest.at == '/';
}

void unit_path_hint(int error, const char *path, char ret_hint[UNIT_HINT])
{
	bool home = is_below(path, "/home") || is_below(path, "/root") ||
		    is_below(path, "/run/user");

	*ret_hint = '\0';
	if (!in_unit())
		return;
	if (error == EROFS)
		snprintf(ret_hint, UNIT_HINT,
		    " (slotd's unit allows writing to few folders: in " EDIT
		    " set ReadWritePaths= to one that is there and that the "
		    "user slotd owns)");
	else if (error == EACCES && home)
		snprintf(ret_hint, UNIT_HINT,
		    " (slotd's unit hides /home, /root and /run/user: use "
		    "another folder, or ProtectHome=no in " EDIT ")");
}

void unit_port_hint(int error, uint16_t port, char ret_hint[UNIT_HINT])
{
	*ret_hint = '\0';
	if (in_unit() && (error == EACCES || error == EPERM) && port < 1024)
		snprintf(ret_hint, UNIT_HINT,
		    " (ports below 1024 need "
		    "AmbientCapabilities=CAP_NET_BIND_SERVICE, "
		    "CapabilityBoundingSet=CAP_NET_BIND_SERVICE and "
		    "PrivateUsers=no in " EDIT ", or a socket unit)");
}
