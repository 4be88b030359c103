"""Reads Prometheus' text format."""

import re

LINE = re.compile(r'([a-z_][a-z0-9_]*)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"(?:,|$)')


class Metrics:
    """One scrape."""

    def __init__(self, reply):
        assert reply.status == 200, reply
        assert reply.headers["Content-Type"] == (
            "text/plain; version=0.0.4; charset=utf-8")
        self.text = reply.body.decode()
        assert self.text.endswith("\n")
        self.samples = {}
        self.types = {}
        for line in self.text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                assert name not in self.types
                self.types[name] = kind
            elif not line.startswith("#"):
                self.add(line)

    def add(self, line):
        match = LINE.fullmatch(line)
        assert match, line
        found = LABEL.findall(match[2] or "")
        assert ",".join(f'{k}="{v}"' for k, v in found) == (match[2] or "")
        key = tuple(value for _, value in found)
        series = self.samples.setdefault(match[1], {})
        assert key not in series, line
        series[key] = float(match[3])

    def of(self, name):
        """{the labels' values in their order: value}, without zeros."""
        found = self.samples.get(name, {})
        return {key[0] if len(key) == 1 else key: value
                for key, value in found.items() if value}

    def value(self, name, *labels):
        return self.samples[name][labels]


def scrape(slotd):
    return Metrics(slotd.ask("GET", "/metrics"))
