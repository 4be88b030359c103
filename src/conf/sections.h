#ifndef CONF_SECTIONS_H
#define CONF_SECTIONS_H

#include "conf/settings.h"

/* The settings that have a file of their own. */
setting_reader listen_read, listen_read_public; /* a struct conf_listener */
setting_reader callers_read;                    /* conf->callers */
setting_reader policy_read;                     /* a struct policy */
setting_reader proxies_read;                    /* a struct ip_nets */
setting_reader quota_read;                      /* a struct conf_quota */

/* callers[].dialect, into an enum dialect, and callers[].base. */
setting_reader dialect_read;
value_rule dialect_base;
/* Whether what a caller has set goes together. */
void dialect_check(const struct node *group, const struct caller *caller);

/* `storage` and `storages`, then `domains`, after all else. */
void storage_read(const struct node *root);
void domains_read(const struct node *root);

/* Settings that `policy` and `domains` share, into a struct policy. */
extern const struct settings policy_settings;

/* "example.org" or "*.example.org", in lower case. */
value_item domains_name;

/* What can only be judged when all has been read. */
void listen_check(const struct node *root);
void dialect_check_callers(const struct node *root);
void storage_check(const struct node *root);
void domains_check_types(const struct node *root);
/* No file may be larger than what may be uploaded in a day; and whose users
 * are not counted. */
void policy_check_conf(const struct node *root);

#endif
