#include "conf/storage.h"

#include "conf/environment.h"

void s3_credentials(struct reader *reader, const struct node *node, void *into)
{
	struct storage_draft *draft = into;
	unsigned number;

	draft->creds_node = node;
	if (read_word(reader, node, CREDS_WORDS, &number))
		draft->storage.creds.kind = (enum creds_kind)number;
	else
		draft->creds_wrong = true;
}

static void check_static(struct reader *reader, const struct node *group,
    struct storage_draft *draft)
{
	struct conf_storage *storage = &draft->storage;
	struct span *text = storage->creds.text;

	if (!node_member(group, "access_key_id"))
		node_missing(reader, group, "access_key_id",
		    "the id of the key that signs, or credentials = \"auto\" "
		    "to take it from where AWS's tools find it");
	if (!draft->secret.node)
		node_missing(reader, group, "access_key_secret",
		    "access_key_id needs it, or access_key_secret_file");
	storage->s3_creds.access_key_secret = draft->secret.value;
	storage->s3_creds.session_token = draft->token.value;
	text[CREDS_KEY_ID] = storage->s3_creds.access_key_id;
	text[CREDS_SECRET] = draft->secret.value;
	text[CREDS_TOKEN] = draft->token.value;
	text[CREDS_SECRET_FILE] = span_of(draft->secret.path);
	text[CREDS_TOKEN_FILE] = span_of(draft->token.path);
}

/* What would be left unused. */
static void refuse_static(
    struct reader *reader, const struct node *group, enum creds_kind kind)
{
	static const char *const names[] = { "access_key_id",
		"access_key_secret", "access_key_secret_file", "session_token",
		"session_token_file" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct node *node = node_member(group, names[i]);

		if (node)
			node_wrong(reader, node,
			    "belongs to credentials = \"static\", and this is "
			    "\"%s\"",
			    creds_kind_name(kind));
	}
}

void s3_credentials_check(struct reader *reader, const struct node *group,
    struct storage_draft *draft)
{
	struct conf_storage *storage = &draft->storage;
	struct environment environment = { .reader = reader,
		.node = draft->creds_node ? draft->creds_node : group,
		.creds = &storage->creds };

	if (draft->creds_wrong)
		return;
	if (!draft->creds_node && !node_member(group, "access_key_id") &&
	    !draft->secret.node && !draft->token.node && environment_shows())
		storage->creds.kind = CREDS_AUTO;
	if (storage->creds.kind == CREDS_STATIC) {
		check_static(reader, group, draft);
		return;
	}
	refuse_static(reader, group, storage->creds.kind);
	environment_read(&environment, storage->s3.region);
	if (storage->creds.kind == CREDS_ENVIRONMENT)
		storage->s3_creds = (struct creds_value){
			.access_key_id = storage->creds.text[CREDS_KEY_ID],
			.access_key_secret = storage->creds.text[CREDS_SECRET],
			.session_token = storage->creds.text[CREDS_TOKEN],
		};
}
