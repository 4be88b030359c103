"""XML as it comes, for both ends of a stream."""

import xml.etree.ElementTree as ElementTree


class Reader:
    """An XMLPullParser that gets whole tags.

    From 2.6 on, and in Debian 12's updates of 2.5, expat looks at a part of a
    tag again only once as much has come again, which may be never; and only
    newer Pythons can tell it to look at once.
    """

    def __init__(self):
        self.parser = ElementTree.XMLPullParser(("start", "end"))
        self.rest = b""

    def events(self, data):
        """What has come with these bytes: (event, element)."""
        whole, end, rest = data.rpartition(b">")
        if end:
            self.parser.feed(self.rest + whole + end)
            self.rest = b""
        self.rest += rest
        return self.parser.read_events()
