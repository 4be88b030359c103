#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include "conf/node.h"
#include "core/uri.h"

/* Values of settings. Each gives false after it has added a fault. */

bool value_group(const struct node *node);
/* of_what: "strings", "groups" */
bool value_list(const struct node *node, const char *of_what);
/* Into a bool. */
void value_boolean(const struct node *node, void *into);
bool value_integer(
    const struct node *node, int64_t min, int64_t max, int64_t *ret_value);
/* Not empty, no control characters. It lives as long as the reading. */
bool value_text(const struct node *node, struct span *ret_text);
/* One of the words ("a|b"): its number. */
bool value_word(
    const struct node *node, const char *words, unsigned *ret_number);
/* How a fault names them: "a" or "b". It lives as long as the reading. */
const char *value_words(const struct node *node, const char *words);
/* Bytes: an integer, or a string with a unit. At most INT64_MAX. */
bool value_size(const struct node *node, uint64_t *ret_bytes);
/* A duration: an integer of seconds, or a string with a unit. */
bool value_seconds(
    const struct node *node, uint32_t min, uint32_t max, uint32_t *ret_seconds);

/* These live as long as the configuration. */

/* Why a text is wrong, in a sentence; NULL: it is right. */
typedef const char *value_rule(const struct conf *conf, struct span text);
/* A text by a rule; NULL: any. */
bool value_checked(
    const struct node *node, value_rule *rule, struct span *ret_text);
/* The rule for names of callers, stores and regions. */
value_rule value_id;
/* The rule for ids of access keys. */
value_rule value_key_id;
/* The rule for hosts: names, or IP addresses without brackets. */
value_rule value_host;

/* The normal form of a URL, and its parts, which point into it. */
bool value_url(
    const struct node *node, struct span *ret_url, struct uri_base *ret_parts);
/* A file name; relative ones start at the configuration's folder. */
bool value_path(const struct node *node, const char **ret_path);
/* The same of a unix socket, whose path may have 107 bytes. */
bool value_unix_path(const struct node *node, const char **ret_path);

/* Turns one string of a list into what is kept; false after a fault. */
typedef bool value_item(
    const struct node *node, struct span text, struct span *ret_item);
/* A list of strings. */
void value_items(const struct node *node, value_item *read,
    const struct span **ret_items, size_t *ret_count);

#endif
