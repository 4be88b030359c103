#ifndef CONF_SECTIONS_H
#define CONF_SECTIONS_H

#include "conf/settings.h"

/* The most that files can be kept: a hundred years, in seconds. */
#define SECTIONS_KEEP_MAX UINT32_C(3153600000)

/* The settings that have a file of their own. */
setting_reader listen_read, listen_read_public; /* a struct conf_listener */
setting_reader callers_read;                    /* conf->callers */
setting_reader components_read;                 /* conf->components */
setting_reader policy_read;                     /* a struct policy */
setting_reader listen_read_proxies;             /* a struct ip_nets */
setting_reader quota_read;                      /* a struct conf_quota */

/* callers[].dialect, into an enum dialect, and callers[].base. */
setting_reader dialect_read;
value_rule dialect_base;
/* Checks the settings of a caller against its dialect. */
void dialect_check(const struct node *group, const struct caller *caller);

/* Makes `allowed` of a caller's allow_domains, by which they are looked up. */
void callers_allow(const struct node *node, struct caller *caller);
/* A fault when nobody may ask for slots: no caller and no component. */
void callers_check(const struct node *root);

/* `storage` and `storages`, then `domains`, after all other settings. */
void storage_read(const struct node *root);
void domains_read(const struct node *root);
/* The number of the store with a name; storage_count: there is none. */
size_t storage_named(const struct conf *conf, struct span name);

/* Settings that `policy` and `domains` share, into a struct policy. */
extern const struct settings policy_settings;
/* Settings of an entry of `purposes` beside its name, likewise. */
extern const struct settings policy_purpose_settings;

/* "example.org" or "*.example.org", in lower case. */
value_item domains_name;

/* Checks that need the whole configuration. */
void listen_check(const struct node *root);
void dialect_check_callers(const struct node *root);
void storage_check(const struct node *root);
void domains_check_types(const struct node *root);
/* Lowers max_size to the bytes of a day, and warns of sizes and quotas that
 * cannot work. */
void policy_check_conf(const struct node *root);
/* Lowers max_size to the bytes of a day. Warns if the group sets max_size. */
void policy_cap(const struct node *group, struct policy *policy);
/* Reads `purposes` of policy and domains, makes the policies of each domain,
 * and checks whether the stores can do what the purposes promise. */
void purposes_read(const struct node *root);

#endif
