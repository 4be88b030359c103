"""Many empty objects at once, by whom a bucket takes them from: everybody."""

import concurrent.futures
import http.client
import itertools

THREADS = 8
BATCH = 100


def put_all(store, bucket, keys):
    connection = http.client.HTTPConnection("127.0.0.1", store.http, 60)
    for key in keys:
        connection.request("PUT", f"/{bucket}/{key}", b"")
        reply = connection.getresponse()
        assert reply.status == 200, reply.read()
        reply.read()
    connection.close()


def fill(store, bucket, keys):
    """Of keys that a URL has as they are, in a bucket with the policy
    lab.statement(bucket, ["PutObject"])."""
    keys = iter(keys)
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        batches = iter(lambda: list(itertools.islice(keys, BATCH)), [])
        for done in [pool.submit(put_all, store, bucket, batch)
                     for batch in batches]:
            done.result()
