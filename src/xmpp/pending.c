#include "xmpp/pending.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

struct pending_answer {
	struct pending_answer *next;
	char *text;
	size_t len;
};

struct pending {
	pthread_mutex_t lock;
	unsigned holders; /* the component, and all that wait */
	unsigned stream;
	unsigned count; /* of this stream */
	int wake;       /* -1: the component has gone */
	struct pending_answer *first;
	struct pending_answer **last;
};

struct pending *pending_open(int wake)
{
	struct pending *pending = calloc(1, sizeof *pending);

	if (!pending)
		return NULL;
	pthread_mutex_init(&pending->lock, NULL);
	pending->holders = 1;
	pending->wake = wake;
	pending->last = &pending->first;
	return pending;
}

/* Unlocks it; frees it if nobody has it any more. */
static void leave(struct pending *pending)
{
	const bool is_last = pending->holders == 0;

	pthread_mutex_unlock(&pending->lock);
	if (!is_last)
		return;
	pthread_mutex_destroy(&pending->lock);
	free(pending);
}

static void free_all(struct pending_answer *answer)
{
	while (answer) {
		struct pending_answer *next = answer->next;

		free(answer->text);
		free(answer);
		answer = next;
	}
}

void pending_drop(struct pending *pending)
{
	pthread_mutex_lock(&pending->lock);
	pending->stream++;
	pending->count = 0;
	free_all(pending->first);
	pending->first = NULL;
	pending->last = &pending->first;
	pthread_mutex_unlock(&pending->lock);
}

void pending_close(struct pending *pending)
{
	pending_drop(pending);
	pthread_mutex_lock(&pending->lock);
	pending->wake = -1;
	pending->holders--;
	leave(pending);
}

bool pending_add(struct pending *pending, unsigned *ret_stream)
{
	bool has_room;

	pthread_mutex_lock(&pending->lock);
	has_room = pending->count < PENDING_MAX;
	if (has_room) {
		pending->count++;
		pending->holders++;
		*ret_stream = pending->stream;
	}
	pthread_mutex_unlock(&pending->lock);
	return has_room;
}

unsigned pending_count(struct pending *pending)
{
	unsigned count;

	pthread_mutex_lock(&pending->lock);
	count = pending->count;
	pthread_mutex_unlock(&pending->lock);
	return count;
}

bool pending_take(
    struct pending *pending, void (*send)(void *of, struct span text), void *of)
{
	struct pending_answer *answer;

	pthread_mutex_lock(&pending->lock);
	answer = pending->first;
	if (answer) {
		pending->first = answer->next;
		pending->count--;
	}
	if (!pending->first)
		pending->last = &pending->first;
	pthread_mutex_unlock(&pending->lock);
	if (!answer)
		return false;
	send(of, (struct span){ answer->text, answer->len });
	free(answer->text);
	free(answer);
	return true;
}

bool pending_wanted(struct pending *pending, unsigned stream)
{
	bool wanted;

	pthread_mutex_lock(&pending->lock);
	wanted = pending->stream == stream && pending->wake >= 0;
	pthread_mutex_unlock(&pending->lock);
	return wanted;
}

bool pending_put(
    struct pending *pending, unsigned stream, char *text, size_t len)
{
	const uint64_t one = 1;
	struct pending_answer *answer = text ? malloc(sizeof *answer) : NULL;
	bool wanted;
	ssize_t written;

	pthread_mutex_lock(&pending->lock);
	wanted = pending->stream == stream && pending->wake >= 0;
	if (wanted && answer) {
		*answer = (struct pending_answer){ NULL, text, len };
		*pending->last = answer;
		pending->last = &answer->next;
		written = write(pending->wake, &one, sizeof one);
		(void)written; /* it is readable already */
	} else if (wanted) {
		pending->count--;
	}
	pending->holders--;
	leave(pending);
	if (wanted && answer)
		return true;
	free(answer);
	free(text);
	return false;
}
