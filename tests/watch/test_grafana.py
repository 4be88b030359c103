"""deploy/grafana: the dashboard asks for what there is."""

import json
import re

import promtool
import pytest

TEXT = (promtool.DEPLOY / "grafana/slotd.json").read_text()
DASHBOARD = json.loads(TEXT)
PANELS = DASHBOARD["panels"]
# What Grafana puts in for its variables.
VALUES = {"$__rate_interval": "5m", "$job": ".*", "$instance": ".*"}


def unfold(expression):
    for name, value in VALUES.items():
        expression = expression.replace(name, value)
    assert "$" not in expression, expression
    return expression


def expressions():
    for panel in PANELS:
        for target in panel.get("targets", []):
            yield target["expr"]
    for annotation in DASHBOARD["annotations"]["list"]:
        yield annotation["expr"]


def test_every_expression_parses(tmp_path):
    path = tmp_path / "rules.yml"
    path.write_text(promtool.rules(map(unfold, expressions())))
    promtool.clean("check", "rules", path)
    path.write_text(promtool.rules(["sum(x"]))
    assert promtool.run("check", "rules", path).returncode != 0


@pytest.fixture(scope="module")
def there(busy, others):
    return promtool.names(busy, *others)


def test_every_metric_is_there(there):
    for expression in expressions():
        asked = promtool.names_in(expression)
        assert asked and asked <= there, expression


def test_every_metric_is_shown(there):
    """But for what only tells when, or is asked of other panels."""
    shown = set().union(*map(promtool.names_in, expressions()))
    left = {promtool.base(name) for name in there
            if name.startswith("slotd_")} - set(map(promtool.base, shown))
    assert left <= {"slotd_doctor_last_run_timestamp_seconds"}


def test_variables():
    """All that are used are declared, and the other way round."""
    declared = {v["name"] for v in DASHBOARD["templating"]["list"]}
    used = {name or braced for name, braced in re.findall(
        r"\$(?:(\w+)|\{(\w+)\})", TEXT)} - {"__rate_interval", "__all"}
    assert used == declared == {"datasource", "job", "instance"}


def test_panels():
    """Each has its own id and place, and takes the chosen data source."""
    assert DASHBOARD["uid"] == "slotd" and DASHBOARD["schemaVersion"] >= 36
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    taken = set()
    for panel in PANELS:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken and place["x"] + place["w"] <= 24
        taken |= cells
        if panel["type"] == "row":
            continue
        assert panel["title"] and panel["description"]
        assert panel["datasource"]["uid"] == "${datasource}"
        for target in panel["targets"]:
            assert target["datasource"] == panel["datasource"]
        refs = [target["refId"] for target in panel["targets"]]
        assert len(set(refs)) == len(refs) > 0
