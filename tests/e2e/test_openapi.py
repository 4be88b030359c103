"""api/openapi.yaml and the running server, held against each other."""

import datetime
import json
import re
import urllib.parse

import jsonschema
import pytest
import yaml

import dialects
import support

TEXT = (support.ROOT / "api/openapi.yaml").read_bytes()


class DatesAsText(yaml.SafeLoader):
    """JSON knows no dates."""


DatesAsText.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers
            if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}
API = yaml.load(TEXT, DatesAsText)
CODES = API["components"]["schemas"]["Code"]["x-codes"]
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# Its beginning is up to the configuration.
SHARE = "/share/{path}"
PATHS = {**API["paths"], SHARE: API["components"]["pathItems"]["Share"]}
OPERATIONS = {
    (path, method): item[method]
    for path, item in PATHS.items() for method in METHODS
    if method in item}


@pytest.fixture(scope="module")
def fs(start_once, tmp_path_factory):
    """As everywhere, with a caller that has a base."""
    config = support.fs_config(tmp_path_factory.mktemp("store"))
    config["callers"].append(dialects.caller("jwt", base="/share/"))
    return start_once(config)


def resolve(node):
    while isinstance(node, dict) and "$ref" in node:
        found = API
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    return node


def check(value, schema):
    """That a value has the shape that the file gives it."""
    formats = jsonschema.FormatChecker(formats=())
    formats.checks("uri", ValueError)(is_uri)
    formats.checks("date-time", ValueError)(is_date_time)
    jsonschema.Draft202012Validator(
        {**schema, "components": API["components"]},
        format_checker=formats).validate(value)


def is_uri(value):
    return bool(urllib.parse.urlsplit(value).netloc) and value.isascii()


def is_date_time(value):
    if value is None:
        return True
    return bool(datetime.datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ"))


def media(content):
    """(type, schema, {name: example}) of all that content lists."""
    for kind, entry in content.items():
        examples = {name: resolve(example)["value"] for name, example
                    in entry.get("examples", {}).items()}
        yield kind, entry["schema"], examples


def all_responses():
    for (path, method), operation in OPERATIONS.items():
        for status, response in operation["responses"].items():
            yield f"{method} {path} {status}", status, resolve(response)


def check_reply(reply, path, method):
    """That the file knows such an answer of this operation."""
    response = resolve(
        OPERATIONS[path, method]["responses"][str(reply.status)])
    for name, header in response.get("headers", {}).items():
        schema = resolve(header)["schema"]
        value = reply.headers[name]
        if name == "Content-Disposition" and value is None:
            continue
        assert value is not None, name
        if schema.get("type") != "integer":
            check(value, schema)
        else:
            int(value)
    content = response.get("content", {})
    kind = (reply.headers["Content-Type"] or "").partition(";")[0]
    if not reply.body:
        return
    assert kind in content or "*/*" in content, kind
    if kind.endswith("json"):
        check(reply.json, content[kind]["schema"])


# --- the file alone -------------------------------------------------------


def test_the_file_is_what_is_served(s3):
    reply = s3.ask("GET", "/openapi.yaml")
    assert reply.status == 200
    assert reply.body == TEXT
    assert reply.headers["Content-Type"] == "application/yaml"
    check_reply(reply, "/openapi.yaml", "get")


def nodes(node):
    """Every mapping of the file."""
    if isinstance(node, dict):
        yield node
    values = node.values() if isinstance(node, dict) else node
    if isinstance(node, (dict, list)):
        for value in values:
            yield from nodes(value)


def test_generators_find_what_they_need():
    """A type beside each fixed value, no default that makes a member look
    required, and authentication in the words that OpenAPI itself has."""
    fixed = [node for node in nodes(API) if "const" in node
             or isinstance(node.get("enum"), list)]
    assert len(fixed) >= 13
    assert not [node for node in fixed if "type" not in node]
    assert not [node for node in nodes(API) if "default" in node
                and "type" in node]
    # The names of IANA's registry that tools know.
    schemes = API["components"]["securitySchemes"].values()
    assert {scheme["scheme"] for scheme in schemes
            if scheme["type"] == "http"} == {"basic", "bearer"}
    # A map, and not a model beside it.
    headers = API["components"]["schemas"]["Slot"]["properties"]["headers"]
    assert headers["additionalProperties"] == {"type": "string"}
    assert "properties" not in headers


def test_examples_have_their_schema():
    seen = 0
    for where, status, response in all_responses():
        for _, schema, examples in media(response.get("content", {})):
            for name, example in examples.items():
                check(example, schema)
                seen += 1
                if int(status) >= 400:
                    entry = CODES[name]
                    expected = entry["status"]
                    if where.startswith("get /slot "):
                        expected = entry.get("ejabberd", expected)
                    if SHARE in where:
                        expected = entry.get("jwt", expected)
                    assert example["code"] == name, where
                    assert example["status"] == expected == int(status)
                    assert example.get("xmpp") == entry.get("xmpp"), where
    assert seen > 20


def test_errors_of_operations_are_named():
    """Every error has examples, and its description names their codes."""
    for where, status, response in all_responses():
        if int(status) < 400 or where.startswith("head "):
            continue
        codes = {name for _, _, examples in media(response["content"])
                 for name in examples}
        named = set(re.findall(r"`([a-z-]+)`", response["description"]))
        assert codes and codes == named & set(CODES), (
            where, "needs an example for each code, and `code` in its "
            "description", codes, named)


def test_codes_are_those_of_the_program():
    """Against the table in the source, the one that makes the answers."""
    source = (support.ROOT / "src/slot/failure.c").read_text()
    rows = re.findall(
        r'\[FAILURE_\w+\] = \{\s*"([a-z-]+)",\s*(\d+),\s*"([^"]*)",\s*'
        r'"[^"]*",\s*(?:"([a-z-]+)"|NULL),\s*(?:"([a-z]+)"|NULL)', source)
    table = {code: (int(status), condition, kind)
             for code, status, _, condition, kind in rows}
    documented = {
        code: (entry["status"], entry.get("xmpp", {}).get("condition", ""),
               entry.get("xmpp", {}).get("type", ""))
        for code, entry in CODES.items()}
    assert table == documented
    assert API["components"]["schemas"]["Code"]["enum"] == list(CODES)
    assert len(rows) == source.count("[FAILURE_") - 2


# --- the routes -----------------------------------------------------------


def concrete(path):
    return path.format(token="t", key="k/file", path="id/file")


def test_every_route_is_described():
    source = (support.ROOT / "src/endpoint/routes.c").read_text()
    served = set(re.findall(r'{ "(/[^"]*)"', source))
    described = {path.partition("{")[0] for path in API["paths"]}
    assert len(served) >= 9
    assert served == described, "src/endpoint/routes.c, api/openapi.yaml"


@pytest.mark.parametrize("path, method", [
    where for where, operation in OPERATIONS.items()
    # Below a base the dialect decides: tests/e2e/test_share.py.
    if operation.get("security") and where[0] != SHARE])
def test_callers_authenticate(fs, path, method):
    reply = fs.ask(method.upper(), path, b"")
    assert reply.status == 401, "the file says security, the server not"


@pytest.fixture(scope="module")
def public(start_once, tmp_path_factory):
    """The address of a listener `public`."""
    address = ("127.0.0.1", support.free_port())
    config = support.fs_config(
        tmp_path_factory.mktemp("store"),
        public={"address": address[0], "port": address[1]})
    config["callers"].append(dialects.caller("jwt", base="/share/"))
    start_once(config)
    return address


@pytest.mark.parametrize("path", PATHS)
def test_what_public_serves(public, path):
    """Files, and whether slotd lives; the rest is for callers alone."""
    tags = {tag for (at, _), operation in OPERATIONS.items() if at == path
            for tag in operation["tags"]}
    method, status = (
        ("OPTIONS", 204) if tags == {"files"}
        else ("GET", 200 if path == "/healthz" else 404))
    assert support.request(
        public, method, concrete(path)).status == status


@pytest.mark.parametrize("path", PATHS)
def test_methods(fs, path):
    known = {method.upper() for method in METHODS
             if (path, method) in OPERATIONS}
    # What issues a slot is no safe method.
    if "GET" in known and path != "/slot":
        known.add("HEAD")
    for method in [m.upper() for m in METHODS] + ["PROPFIND"]:
        reply = fs.ask(method, concrete(path), b"")
        if method in known:
            assert reply.status not in (405, 501), (
                method, reply, "in api/openapi.yaml, not in routes.c?")
            continue
        assert reply.status == 405, (method, reply)
        allowed = set(re.split(", *", reply.headers["Allow"]))
        assert allowed == known, (
            "Allow in routes.c against api/openapi.yaml, HEAD with each GET")


@pytest.mark.parametrize("path", [
    "/", "/slots", "/slot/", "/SLOT", "//slot", "/healthz/", "/metrics/",
    "/openapi.json", "/u", "/f", "/limits/x", "/.well-known/x"])
def test_other_paths(fs, path):
    for method in ("GET", "POST", "PUT", "OPTIONS"):
        support.assert_problem(fs.ask(method, path, b""), "not-found")


def test_paths_of_the_store_are_its_own(s3):
    for path in ("/u/t/k", "/f/k"):
        support.assert_problem(s3.ask("GET", path), "not-found")


# --- the examples, sent ---------------------------------------------------


REQUESTS = {
    name: example for _, _, examples in media(
        OPERATIONS["/slot", "post"]["requestBody"]["content"])
    for name, example in examples.items()}


@pytest.mark.parametrize("name", REQUESTS)
def test_requests(s3, fs, name):
    check(REQUESTS[name], API["components"]["schemas"]["SlotRequest"])
    for slotd in (s3, fs):
        body = json.dumps(REQUESTS[name], ensure_ascii=False).encode()
        reply = slotd.post(body)
        assert reply.status == 200, reply
        check_reply(reply, "/slot", "post")
        now = datetime.datetime.now(datetime.timezone.utc)
        expires = datetime.datetime.fromisoformat(
            reply.json["expires"].replace("Z", "+00:00"))
        assert 0 < (expires - now).total_seconds() <= 600


def test_limits(start):
    example = OPERATIONS["/limits", "get"]["parameters"][0]["example"]
    slotd = start(support.s3_config(policy={
        "allow_types": ["image/*"], "keep": "30 days",
        "purposes": [{"name": "profile", "keep": 0,
                      "max_size": "512 KiB"}]}))
    target = "/limits?domain=" + example
    reply = slotd.ask("GET", target, headers={
        "Authorization": support.authorization("GET", target)})
    check_reply(reply, "/limits", "get")
    examples = list(media(OPERATIONS["/limits", "get"]["responses"]["200"][
        "content"]))[0][2]
    assert reply.json == examples["images"]


@pytest.mark.parametrize("method", ["get", "delete"])
def test_quota(start, method):
    slotd = start(support.s3_config(policy={
        "slots_per_minute": 60, "bytes_per_day": "10 GiB"}))
    slotd.slot()
    target = "/quota?jid=juliet%40example.org"
    reply = slotd.ask(method.upper(), target, headers={
        "Authorization": support.authorization(method.upper(), target)})
    assert reply.status == 200, reply
    check_reply(reply, "/quota", method)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_service(s3, path):
    reply = s3.ask("GET", path)
    assert reply.status == 200
    check_reply(reply, path, "get")


def test_metrics_are_for_this_machine(s3):
    reply = s3.ask("GET", "/metrics", headers={"X-Forwarded-For": "::1"})
    assert reply.status == 403
    check_reply(reply, "/metrics", "get")


def test_journey(fs):
    """Upload and download answer as the file says, headers included."""
    slot = fs.slot(size=5, filename="a.svg", content_type="image/svg+xml")
    reply = support.fetch("PUT", slot["put"], b"<svg>")
    assert reply.status == 201
    check_reply(reply, "/u/{token}/{key}", "put")
    etag = support.fetch("HEAD", slot["get"]).headers["ETag"]
    asked = [("GET", {}, 200), ("HEAD", {}, 200), ("OPTIONS", {}, 204),
             ("GET", {"Range": "bytes=1-2"}, 206),
             ("GET", {"Range": "bytes=9-"}, 416),
             ("GET", {"If-None-Match": etag}, 304),
             ("HEAD", {"If-None-Match": etag}, 304)]
    for method, headers, status in asked:
        reply = support.fetch(method, slot["get"], headers=headers)
        assert reply.status == status, (method, headers, reply)
        check_reply(reply, "/f/{key}", method.lower())
    reply = support.fetch("OPTIONS", slot["put"])
    check_reply(reply, "/u/{token}/{key}", "options")


def test_journey_below_a_base(fs):
    """The same for the URLs that an XMPP server makes itself."""
    ticket = dialects.Pass("jwt", "id/a.svg", 5, "image/svg+xml")
    target = "/share/id/a.svg"
    late = dialects.Pass("jwt", "id/a.svg", 5, exp=1)
    for headers, body, status in (
            ({}, b"<svg>", 401), (late.headers, b"<svg>", 410),
            (ticket.headers, b"<svg/>", 413),
            (ticket.headers, b"<svg>", 201), (ticket.headers, b"<svg>", 409)):
        reply = fs.ask("PUT", target, body, headers)
        assert reply.status == status, reply
        check_reply(reply, SHARE, "put")
    etag = fs.ask("HEAD", target).headers["ETag"]
    for method, headers, status in (
            ("GET", {}, 200), ("HEAD", {}, 200), ("OPTIONS", {}, 204),
            ("GET", {"Range": "bytes=1-2"}, 206),
            ("GET", {"Range": "bytes=9-"}, 416),
            ("GET", {"If-None-Match": etag}, 304)):
        reply = fs.ask(method, target, headers=headers)
        assert reply.status == status, (method, headers, reply)
        check_reply(reply, SHARE, method.lower())
