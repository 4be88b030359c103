#include "doctor/wanted.h"

#include "core/uri.h"
#include "core/utf8.h"
#include "doctor/private.h"
#include "slot/prefixes.h"
#include "xmpp/markup.h"

#define DAY 86400
/* slotd never uploads in parts: these are left behind by other programs. */
#define PARTS_DAYS 7

#define WEB                                                                    \
	"<CORSRule><ID>slotd-web</ID><AllowedOrigin>*</AllowedOrigin>"         \
	"<AllowedMethod>GET</AllowedMethod>"                                   \
	"<AllowedMethod>HEAD</AllowedMethod>"                                  \
	"<AllowedMethod>PUT</AllowedMethod>"                                   \
	"<AllowedHeader>*</AllowedHeader>"                                     \
	"<MaxAgeSeconds>86400</MaxAgeSeconds></CORSRule>"

void wanted_cors(struct wanted *wanted)
{
	wanted->wrong = NULL;
	wanted->rules = (struct rules){ "CORSConfiguration", "CORSRule", 1,
		{ { span_of(RULES_OWN "web"), span_of(WEB), span_of(WEB),
		    false } } };
}

/* --- what ends ------------------------------------------------------------*/

/* The longest time for which files of a purpose are kept, of those that have
 * an end; 0: there are none, or no time is the longest. */
static uint32_t longest(const struct policies *policies, enum purpose purpose,
    uint32_t before, bool *endless)
{
	const uint32_t keep = policies->of[purpose].keep;

	if (!policies->offers[purpose])
		return before;
	/* Only these have an end without `keep`: their client's. */
	*endless |= !keep && purpose == PURPOSE_EPHEMERAL;
	return keep > before ? keep : before;
}

static uint32_t longest_of(const struct conf *conf,
    const struct conf_storage *storage, enum purpose purpose)
{
	bool endless = false;
	uint32_t keep = 0;

	if (&conf->storages[conf_storage_of(conf, SPAN_EMPTY)] == storage)
		keep = longest(&conf->policies, purpose, keep, &endless);
	for (size_t i = 0; i < conf->domain_count; i++)
		if (&conf->storages[conf->domains[i].storage] == storage)
			keep = longest(&conf->domains[i].policies, purpose,
			    keep, &endless);
	return endless ? 0 : keep;
}

/* Whether keys begin with what tells their purpose, and then their end. */
static bool tells_purpose(const struct conf_storage *storage)
{
	size_t i = 0;

	if (!storage->has_template ||
	    !key_template_has(&storage->template, KEY_UNTIL))
		return false;
	while (storage->template.parts[i].kind != KEY_UNTIL &&
	       storage->template.parts[i].kind != KEY_PURPOSE)
		i++;
	return storage->template.parts[i].kind == KEY_PURPOSE;
}

static const char too_much[] =
    "the path in bucket_url is too long, or has bytes that no rule can have, "
    "or there are too many rules";

/* --- collecting -----------------------------------------------------------*/

/* Bytes that an XML document can have, and an ID of a rule. */
static bool is_possible(struct span prefix)
{
	uint32_t code;

	if (prefix.len + sizeof RULES_OWN - 1 > RULES_ID_MAX)
		return false;
	while (utf8_next(&prefix, &code))
		if (code < ' ' || code == 0xfffe || code == 0xffff)
			return false;
	return prefix.len == 0;
}

/* Keys with the same beginning have one rule, which waits for the last. */
static void add_end(
    struct wanted *wanted, const struct buf *prefix, uint32_t keep, bool others)
{
	const uint32_t days = keep / DAY + (keep % DAY > 0);
	struct wanted_end *end = wanted->ends;
	const size_t count = wanted->rules.count;

	if (!keep)
		return;
	while (end < wanted->ends + count &&
	       !span_equal(
		   (struct span){ end->prefix, end->len }, buf_span(prefix)))
		end++;
	if (!buf_ok(prefix) || !is_possible(buf_span(prefix)) ||
	    end == wanted->ends + RULES_MAX) {
		wanted->wrong = too_much;
		return;
	}
	if (end == wanted->ends + count) {
		*end =
		    (struct wanted_end){ .others = true, .len = prefix->len };
		memcpy(end->prefix, prefix->at, prefix->len);
		wanted->rules.count++;
	}
	end->others &= others;
	if (days > end->days)
		end->days = days;
}

/* What stands before all keys of a storage. */
static void start_prefix(struct buf *prefix, const struct bucket *bucket)
{
	uri_decode(prefix, bucket->prefix);
	buf_text(prefix, bucket->prefix.len ? "/" : "");
}

static void add_storage(struct wanted *wanted, const struct conf *conf,
    const struct conf_storage *storage, bool others)
{
	const struct bucket bucket = bucket_of(storage->s3);
	char memory[WANTED_PREFIX];
	struct buf prefix = buf_of(memory, sizeof memory);
	size_t start;

	start_prefix(&prefix, &bucket);
	start = prefix.len;
	for (unsigned i = 0; tells_purpose(storage) && i < 2 * PURPOSE_COUNT;
	     i++) {
		prefix.len = start;
		prefixes_write(&storage->template, i / 2, i % 2, &prefix);
		buf_text(&prefix, PREFIXES_CENTURY);
		add_end(
		    wanted, &prefix, longest_of(conf, storage, i / 2), others);
	}
	for (size_t i = 0; i < conf->caller_count; i++)
		if (check_base_is_of(conf, storage, &conf->callers[i])) {
			prefix.len = start;
			buf_add(&prefix, span_from(conf->callers[i].base, 1));
			add_end(wanted, &prefix, conf->callers[i].keep, others);
		}
}

static bool share_bucket(
    const struct conf_storage *one, const struct conf_storage *other)
{
	return one->s3 && other->s3 && bucket_is_shared(one->s3, other->s3);
}

/* Whether a rule would reach into this storage's path. */
static bool reaches(
    const struct wanted *wanted, const struct conf_storage *storage)
{
	const struct bucket bucket = bucket_of(storage->s3);
	char memory[WANTED_PREFIX];
	struct buf prefix = buf_of(memory, sizeof memory);

	start_prefix(&prefix, &bucket);
	for (size_t i = 0; i < wanted->rules.count; i++) {
		const struct wanted_end *end = &wanted->ends[i];

		if (!end->others && prefix.len >= end->len &&
		    memcmp(prefix.at, end->prefix, end->len) == 0)
			return true;
	}
	return false;
}

/* --- writing --------------------------------------------------------------*/

static struct span add_rule(
    struct wanted *wanted, const struct wanted_end *end, bool old)
{
	struct buf *text = &wanted->text;
	const struct span prefix = { end->prefix, end->len };
	const size_t start = text->len;

	buf_text(text, "<Rule><ID>" RULES_OWN);
	markup_text(text, prefix);
	buf_text(text, old ? "</ID>" : "</ID><Filter>");
	markup_element(text, "Prefix", prefix);
	say(text,
	    "%s<Status>Enabled</Status><Expiration><Days>%u</Days>"
	    "</Expiration><AbortIncompleteMultipartUpload>"
	    "<DaysAfterInitiation>%d</DaysAfterInitiation>"
	    "</AbortIncompleteMultipartUpload></Rule>",
	    old ? "" : "</Filter>", (unsigned)end->days, PARTS_DAYS);
	return span_from(buf_span(text), start);
}

static struct span add_id(struct wanted *wanted, const struct wanted_end *end)
{
	const size_t start = wanted->text.len;

	buf_text(&wanted->text, RULES_OWN);
	buf_add(&wanted->text, (struct span){ end->prefix, end->len });
	return span_from(buf_span(&wanted->text), start);
}

void wanted_lifecycle(struct wanted *wanted, const struct conf *conf,
    const struct conf_storage *storage)
{
	wanted->wrong = NULL;
	wanted->rules = (struct rules){ "LifecycleConfiguration", "Rule", 0,
		{ { SPAN_EMPTY, SPAN_EMPTY, SPAN_EMPTY, false } } };
	for (size_t i = 0; i < conf->storage_count; i++)
		if (share_bucket(storage, &conf->storages[i]))
			add_storage(wanted, conf, &conf->storages[i],
			    &conf->storages[i] != storage);
	for (size_t i = 0; i < conf->storage_count; i++)
		if (share_bucket(storage, &conf->storages[i]) &&
		    reaches(wanted, &conf->storages[i]))
			wanted->wrong = "a rule would reach into the path of "
					"another storage";
	buf_init(&wanted->text, wanted->memory, sizeof wanted->memory);
	for (size_t i = 0; i < wanted->rules.count; i++) {
		const struct wanted_end *end = &wanted->ends[i];

		wanted->rules.list[i] = (struct rule){
			.id = add_id(wanted, end),
			.xml = add_rule(wanted, end, false),
			.old = add_rule(wanted, end, true),
			.others = end->others,
		};
	}
	if (!buf_ok(&wanted->text))
		wanted->wrong = too_much;
}
