"""/metrics and deploy/prometheus, by Prometheus' own programs."""

import contextlib
import json
import re
import shlex
import subprocess
import urllib.parse

import configs
import promtool
import pytest
import support
import yaml
from scrape import scrape

FOLDER = promtool.DEPLOY / "prometheus"
RULES = {name: yaml.safe_load((FOLDER / name).read_text())
         for name in ("slotd.rules.yml", "slotd-doctor.rules.yml",
                      "slotd-sweep.rules.yml")}
TESTS = {name: yaml.safe_load((FOLDER / name).read_text())
         for name in ("slotd.test.yml", "slotd-sweep.test.yml")}
ALERTS = {rule["alert"]: rule for file in RULES.values()
          for group in file["groups"] for rule in group["rules"]}


def test_metrics(busy, others):
    for slotd in (busy, *others):
        promtool.clean("check", "metrics", stdin=scrape(slotd).text)


def test_metrics_before_anything(start, tmp_path):
    slotd = start(support.fs_config(tmp_path / "store"))
    promtool.clean("check", "metrics", stdin=scrape(slotd).text)


def test_doctor(busy):
    text = promtool.doctor(busy)
    assert text.count("} 1\n") == 4
    promtool.clean("check", "metrics", stdin=text)


def test_sweep(busy):
    text = promtool.sweep(busy)
    assert re.search(r'^slotd_sweep_last_success_timestamp_seconds'
                     r'\{storage="default"\} \d{10}$', text, re.M)
    promtool.clean("check", "metrics", stdin=text)


def unit(name, slotd, folder):
    """A service, for another program and other folders."""
    text = (FOLDER / name).read_text()
    for here, there in (("/usr/bin/slotd", support.SLOTD),
                        ("/etc/slotd/slotd.conf", str(slotd.path)),
                        ("/var/lib/prometheus/node-exporter", str(folder))):
        assert here in text
        text = text.replace(here, there)
    return dict(re.findall(r"^(\w+)=(.*)$", text, re.M))


def test_doctor_by_its_unit(busy, tmp_path):
    """What systemd would run leaves a whole file, or the one before."""
    service = unit("slotd-doctor.service", busy, tmp_path)
    # Not `truncate:`, which empties it for each of the commands.
    new = service["StandardOutput"].removeprefix("file:")
    assert service["ExecStartPre"] == f"+/bin/rm -f {new}"
    with open(new, "wb") as out:
        done = subprocess.run(
            shlex.split(service["ExecStart"]), stdout=out,
            timeout=support.PATIENCE, env=promtool.no_proxy())
    assert done.returncode in (0, int(service["SuccessExitStatus"]))
    after = shlex.split(service["ExecStartPost"].removeprefix("+"))
    assert subprocess.run(after, timeout=support.PATIENCE).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["slotd.prom"]
    whole = (tmp_path / "slotd.prom").read_text()
    promtool.clean("check", "metrics", stdin=whole)
    for half in ("", whole.partition("# HELP slotd_doctor_last")[0]):
        with open(new, "w") as out:
            out.write(half)
        assert subprocess.run(after, timeout=support.PATIENCE).returncode == 0
        assert (tmp_path / "slotd.prom").read_text() == whole


def test_sweep_by_its_unit(busy, tmp_path):
    """Likewise; and the last success stays where the next run fails."""
    service = unit("slotd-sweep.conf", busy, tmp_path)
    new = service["StandardOutput"].removeprefix("file:")
    assert service["ExecStartPre"] == f"+/bin/rm -f {new}"
    # ExecStartPost is not for a run that failed.
    assert "SuccessExitStatus" not in service
    with open(new, "wb") as out:
        done = subprocess.run(
            shlex.split(service["ExecStart"]), stdout=out,
            timeout=support.PATIENCE, env=promtool.no_proxy())
    assert done.returncode == 0
    after = shlex.split(service["ExecStartPost"].removeprefix("+"))
    assert subprocess.run(after, timeout=support.PATIENCE).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["slotd-sweep.prom"]
    text = (tmp_path / "slotd-sweep.prom").read_text()
    promtool.clean("check", "metrics", stdin=text)
    assert "slotd_sweep_last_success_timestamp_seconds{" in text


def test_units(busy, tmp_path):
    systemd = promtool.DEPLOY / "systemd"
    for path in (FOLDER / "slotd-doctor.service", FOLDER / "slotd-doctor.timer",
                 systemd / "slotd-sweep.service",
                 systemd / "slotd-sweep.timer"):
        (tmp_path / path.name).write_text(
            re.sub("^Documentation=.*\n", "", path.read_text(), flags=re.M)
            .replace("/usr/bin/slotd", support.SLOTD))
    folder = tmp_path / "slotd-sweep.service.d"
    folder.mkdir()
    (folder / "prometheus.conf").write_text(
        (FOLDER / "slotd-sweep.conf").read_text().replace(
            "/usr/bin/slotd", support.SLOTD))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no",
         *(str(path) for path in tmp_path.iterdir() if path.is_file())],
        capture_output=True, text=True, timeout=support.PATIENCE)
    ours = [line for line in done.stderr.splitlines() if "slotd" in line]
    assert not ours, ours


def test_it_can_tell(busy):
    for text in (scrape(busy).text.replace("_total", "_all"),
                 re.sub("# HELP.*\n", "", promtool.doctor(busy)), "x{ 1\n"):
        done = promtool.run("check", "metrics", stdin=text)
        assert done.returncode != 0, done


# --- the rules ------------------------------------------------------------


def test_files():
    promtool.clean("check", "rules", *RULES)
    promtool.clean("check", "config", "prometheus.yml")


def test_alerts():
    promtool.clean("test", "rules", *TESTS)


def test_every_alert_is_tested():
    """Each fires once, and is silent once."""
    fires, silent = set(), set()
    for test in sum((file["tests"] for file in TESTS.values()), []):
        for case in test["alert_rule_test"]:
            (fires if case.get("exp_alerts") else silent).add(
                case["alertname"])
    assert fires == silent == set(ALERTS)


@pytest.mark.parametrize("expression", [
    "vector(0) > 1",
    'label_replace(vector(1), "instance", "good", "", "")'])
def test_the_tests_can_tell(tmp_path, expression):
    """Alerts that never fire are found by them, and so are those that always
    do: each of them."""
    for name, broken in json.loads(json.dumps(RULES)).items():
        for rule in broken["groups"][0]["rules"]:
            rule["expr"] = expression
            rule.pop("for", None)
        (tmp_path / name).write_text(yaml.safe_dump(broken))
    for name in TESTS:
        # Once is enough for what never changes, and takes a tenth of the time.
        text, count = re.subn(r"(?m)^evaluation_interval: \d+m$",
                              "evaluation_interval: 12h",
                              (FOLDER / name).read_text())
        assert count == 1
        (tmp_path / name).write_text(text)
    done = promtool.run(
        "test", "rules", *(tmp_path / name for name in TESTS))
    assert done.returncode != 0
    found = set(re.findall(r"alertname: *(\w+)", done.stdout + done.stderr))
    assert found == set(ALERTS), done


def test_rules_ask_for_what_there_is(busy, others):
    there = promtool.names(busy, *others)
    for alert, rule in ALERTS.items():
        asked = promtool.names_in(rule["expr"])
        assert asked and asked <= there, alert


def test_readme_names_all(busy, others):
    text = (FOLDER / "README.md").read_text()
    table = text.partition("## What there is")[2].partition("## The doctor")[0]
    there = {promtool.base(name) for name in promtool.names(busy, *others)
             if name.startswith("slotd_")}
    assert set(re.findall(r"\bslotd_[a-z_]+", table)) == there


def test_help_is_one_line_each(busy):
    text = scrape(busy).text
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M):
        assert len(re.findall(f"^# HELP {name} [A-Z1].+$", text, re.M)) == 1
        assert name.endswith("_total") == (kind == "counter"), name


# --- Prometheus itself ----------------------------------------------------


class Prometheus:
    def __init__(self, folder, slotd):
        port = configs.free_port()
        self.address = ("127.0.0.1", port)
        config = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
        config["global"] = {"scrape_interval": "200ms",
                            "evaluation_interval": "200ms"}
        assert config["rule_files"] == ["slotd.rules.yml"]
        config["rule_files"] = [str(FOLDER / name) for name in RULES]
        config["scrape_configs"][0]["static_configs"][0]["targets"] = [
            "%s:%d" % slotd.address]
        path = folder / "prometheus.yml"
        path.write_text(yaml.safe_dump(config))
        self.log = open(folder / "log", "w")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={path}",
             f"--storage.tsdb.path={folder / 'data'}",
             f"--web.listen-address=127.0.0.1:{port}"],
            stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)

    def query(self, expression):
        with contextlib.suppress(OSError):
            reply = support.request(
                self.address, "GET", "/api/v1/query?" +
                urllib.parse.urlencode({"query": expression}))
            if reply.status == 200:
                return reply.json["data"]["result"]
            assert reply.status == 503, reply

    def close(self):
        self.process.terminate()
        self.process.wait(support.PATIENCE)
        self.log.close()


@pytest.fixture(scope="module")
def prometheus(busy, tmp_path_factory):
    prometheus = Prometheus(tmp_path_factory.mktemp("prometheus"), busy)
    try:
        support.wait_for("a scrape", lambda: prometheus.query(
            'up{job="slotd"} == 1'))
        yield prometheus
    finally:
        prometheus.close()


def test_it_scrapes(prometheus):
    """By the example's configuration; the values are those of slotd."""
    def value(expression):
        # After a scrape that took longer than the interval there is none.
        [result] = support.wait_for(
            "a value", lambda: prometheus.query(expression))
        return float(result["value"][1])

    assert value('slotd_http_requests_total{route="/u/", method="PUT", '
                 'status="201"}') == 1
    assert value('slotd_refusals_total{code="clock-skew"}') == 1
    assert value("histogram_quantile(1, sum by (le) (slotd_http_request_"
                 'duration_seconds_bucket{route="/slot"}))') < 60


def test_it_loads_the_rules(prometheus):
    reply = support.request(prometheus.address, "GET", "/api/v1/rules")
    found = {rule["name"]: rule["health"] for group in
             reply.json["data"]["groups"] for rule in group["rules"]}
    assert set(found) == set(ALERTS)
    assert set(found.values()) <= {"ok", "unknown"}
