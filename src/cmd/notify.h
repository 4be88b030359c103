#ifndef CMD_NOTIFY_H
#define CMD_NOTIFY_H

/* Tells a service manager how we are, as sd_notify(3) describes; does nothing
 * when NOTIFY_SOCKET is not set. state: such as "READY=1". */
void notify(const char *state);

/* "RELOADING=1" with the time that systemd wants with it. */
void notify_reloading(void);

#endif
