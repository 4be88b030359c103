"""A bucket that a stub store has: it lists and deletes, and does it wrong
where it is told to.

    bucket = stub_bucket.Bucket({"20200101T000000Z/a": 3})
    with stub_store.Store(bucket) as store: ...

Keys are below store.url. Whatever it is asked stands in bucket.lists and
bucket.deletes.
"""

import collections
import threading
import urllib.parse
from xml.sax.saxutils import escape

STORED = "2020-01-01T00:00:00.000Z"


class Bucket:
    def __init__(self, objects=(), page=1000, name="bucket"):
        self.sizes = dict(objects)  # by key
        self.stored = collections.defaultdict(lambda: STORED)
        self.page = page
        self.name = name    # "": the host is the bucket
        self.lists = []     # the query of each
        self.deletes = []   # keys
        self.texts = {}     # what was PUT, by key
        self.lock = threading.Lock()
        self.at_once = self.most_at_once = 0
        # Faults: a function gets what would be done, and does it otherwise.
        self.on_list = lambda peer, query, text: peer.send(200, text)
        self.on_delete = self.delete
        self.on_get = lambda peer, text: peer.send(200, text.decode())

    def __call__(self, peer):
        path, _, query = peer.target.partition("?")
        path = urllib.parse.unquote(path)
        query = dict(urllib.parse.parse_qsl(query, True))
        base = f"/{self.name}/" if self.name else "/"
        peer.read()
        if not path.startswith(base):
            peer.answer(404, "NoSuchBucket")
        elif peer.method == "GET" and path == base and "list-type" in query:
            self.lists.append(query)
            self.on_list(peer, query, self.listing(query))
        elif peer.method == "DELETE":
            self.count(peer, path[len(base):])
        elif peer.method == "PUT":
            self.put(path[len(base):], peer.body)
            peer.answer(200)
        elif peer.method == "GET" and path[len(base):] in self.texts:
            self.on_get(peer, self.texts[path[len(base):]])
        else:
            peer.answer(404, "NoSuchKey")

    def put(self, key, text):
        with self.lock:
            self.texts[key] = text
            self.sizes[key] = len(text)

    def refill(self, objects, least):
        """Where fewer are left: how many a command that is killed has deleted
        until then is a matter of time."""
        with self.lock:
            if len(self.sizes) < least:
                self.sizes.update(objects)

    def count(self, peer, key):
        with self.lock:
            self.deletes.append(key)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            self.on_delete(peer, key)
        finally:
            with self.lock:
                self.at_once -= 1

    def delete(self, peer, key):
        with self.lock:
            self.sizes.pop(key, None)
            self.texts.pop(key, None)
        peer.send(204, "")

    def listing(self, query, token="more", order=sorted):
        assert query["list-type"] == "2" and query["max-keys"] == "1000"
        assert query["encoding-type"] == "url"
        after = query.get("continuation-token", "")[len(token):]
        with self.lock:
            keys = order(key for key in self.sizes
                         if key.startswith(query["prefix"]) and key > after)
            sizes = dict(self.sizes)
        page, rest = keys[:self.page], keys[self.page:]
        return self.text(
            [(key, sizes[key]) for key in page], query["prefix"],
            token + page[-1] if rest else None)

    def text(self, objects, prefix="", token=None):
        """A page, as AWS writes it."""
        quote = urllib.parse.quote_plus
        contents = "".join(
            f"<Contents><Key>{escape(quote(key, safe='/'))}</Key>"
            f"<LastModified>{self.stored[key]}</LastModified>"
            f"<ETag>&quot;0&quot;</ETag><Size>{size}</Size>"
            "<StorageClass>STANDARD</StorageClass></Contents>"
            for key, size in objects)
        more = (f"<NextContinuationToken>{escape(token)}"
                "</NextContinuationToken>") if token else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult '
            'xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>{self.name}</Name><Prefix>{quote(prefix)}</Prefix>{more}"
            f"<KeyCount>{len(objects)}</KeyCount><MaxKeys>1000</MaxKeys>"
            "<EncodingType>url</EncodingType><IsTruncated>"
            f"{'true' if token else 'false'}</IsTruncated>{contents}"
            "</ListBucketResult>")
