"""Names, ports, paths and times of the manifests and slotd.conf agree."""

import re

import pytest

import manifests


def number(conf, name):
    return int(re.search(rf"\b{name} = (\d+);", conf)[1])


def listeners(conf):
    """Name: port; each listens on every address of both families."""
    found = dict(re.findall(
        r'^(listen|public) = \{ address = "::"; port = (\d+);', conf, re.M))
    return {name: int(port) for name, port in found.items()}


def labels(overlay):
    return overlay.deployment["template"]["metadata"]["labels"].items()


def test_ports(overlay):
    ports = {one["name"]: one["containerPort"]
             for one in overlay.container["ports"]}
    assert ports == listeners(overlay.conf) == {"listen": 8363, "public": 8364}
    service = overlay.one("Service")["spec"]
    assert service["selector"].items() <= labels(overlay)
    assert {(one["name"], one["port"], one["targetPort"])
            for one in service["ports"]} == {
        ("listen", 8363, "listen"), ("public", 8364, "public")}


@pytest.mark.parametrize("probe, path", [
    ("startupProbe", "/healthz"), ("livenessProbe", "/healthz"),
    ("readinessProbe", "/readyz")])
def test_probes(overlay, probe, path):
    # Only `listen` has /readyz.
    assert overlay.container[probe]["httpGet"] == {
        "path": path, "port": "listen"}


def test_ingress(overlay):
    spec = overlay.one("Ingress")["spec"]
    (rule,) = spec["rules"]
    url = re.search(r'^public_url = "https://(.*)";', overlay.conf, re.M)[1]
    assert rule["host"] == url
    assert spec["tls"][0]["hosts"] == [url]
    assert {one["path"] for one in rule["http"]["paths"]} == {"/u/", "/f/"}
    for path in rule["http"]["paths"]:
        assert path["backend"]["service"] == {
            "name": overlay.one("Service")["metadata"]["name"],
            "port": {"name": "public"}}


def test_the_end_fits(overlay):
    conf = overlay.conf
    end = overlay.pod["terminationGracePeriodSeconds"]
    assert number(conf, "drain_delay") >= 5
    assert number(conf, "drain_delay") + number(conf, "drain_timeout") < end


def test_the_sweep(overlays):
    """One at a time, once an hour; what a run leaves is for the next."""
    for name in manifests.S3:
        sweep = overlays[name].pods_of("CronJob")
        assert sweep.container["args"] == ["sweep"]
        assert re.fullmatch(r"\d+ \* \* \* \*", sweep.job["schedule"])
        assert sweep.job["concurrencyPolicy"] == "Forbid"
        assert sweep.job["jobTemplate"]["spec"]["backoffLimit"] == 0
        assert sweep.pod["restartPolicy"] == "Never"
        assert re.search(r"^  keep = ", sweep.conf, re.M)


def test_mounts(pods):
    mounts = pods.mounts
    sources = mounts["/etc/slotd"]["projected"]["sources"]
    own = [{"secret": {"name": "slotd-sweep", "optional": True}}]
    assert sources[2:] == (own if pods.kind == "CronJob" else [])
    assert sources[:2] == [
        {"configMap": {"name": pods.one("ConfigMap")["metadata"]["name"]}},
        {"secret": {"name": "slotd"}}]
    # Changed settings are another ConfigMap, and so other pods.
    assert re.fullmatch(r"slotd-[a-z0-9]{10}",
                        sources[0]["configMap"]["name"])
    for mount in pods.container["volumeMounts"]:
        assert mount.get("readOnly") or mount["mountPath"] == "/var/lib/slotd"


def test_volume(overlays):
    """The embedded store's; the others keep nothing."""
    overlay = overlays["embedded"]
    claim = overlay.one("PersistentVolumeClaim")["metadata"]["name"]
    assert overlay.mounts["/var/lib/slotd"]["persistentVolumeClaim"] == {
        "claimName": claim}
    assert '  path = "/var/lib/slotd";' in overlay.conf
    assert overlay.deployment["replicas"] == 1
    assert overlay.deployment["strategy"] == {"type": "Recreate"}
    for name in manifests.S3:
        assert "/var/lib/slotd" not in overlays[name].mounts


def test_scale(overlays):
    overlay = overlays["s3"]
    assert overlays["component"].all("HorizontalPodAutoscaler") == (
        overlay.all("HorizontalPodAutoscaler"))
    assert "replicas" not in overlay.deployment
    scaler = overlay.one("HorizontalPodAutoscaler")["spec"]
    assert scaler["scaleTargetRef"] == {
        "apiVersion": "apps/v1", "kind": "Deployment",
        "name": overlay.one("Deployment")["metadata"]["name"]}
    assert 2 <= scaler["minReplicas"] < scaler["maxReplicas"]
    assert overlay.container["resources"]["requests"]["cpu"]
    budget = overlay.one("PodDisruptionBudget")["spec"]
    assert budget["selector"]["matchLabels"].items() <= labels(overlay)
    assert budget["maxUnavailable"] == 1
    # One pod with a budget could never be moved.
    assert not overlays["embedded"].all("PodDisruptionBudget")
    assert not overlays["embedded"].all("HorizontalPodAutoscaler")


def test_the_component_is_s3_but_for_its_callers(overlays):
    def rest(name):
        conf, count = re.subn(
            r"(?ms)^(# The XMPP server [^\n]*\n)?(callers|components) = \("
            r".*?^\);\n", "", overlays[name].conf)
        assert count == 1
        return conf.replace("For XMPP servers, probes", "For probes")

    assert rest("component") == rest("s3")
    assert "callers" not in overlays["component"].conf
    extra = [one["metadata"]["name"] for one in overlays["component"].objects]
    for one in overlays["s3"].objects:
        extra.remove(re.sub("^slotd-[0-9a-z]{10}$", overlays[
            "component"].one("ConfigMap")["metadata"]["name"],
            one["metadata"]["name"]))
    assert extra == ["slotd-xmpp"]


def test_spread(overlay):
    spread = overlay.pod["topologySpreadConstraints"]
    assert {one["topologyKey"] for one in spread} == {
        "kubernetes.io/hostname", "topology.kubernetes.io/zone"}
    for one in spread:
        assert one["labelSelector"]["matchLabels"].items() <= labels(overlay)


def test_monitoring(overlays, monitoring):
    spec = monitoring[0]["spec"]
    for overlay in overlays.values():
        service = overlay.one("Service")["metadata"]
        assert spec["selector"]["matchLabels"].items() <= (
            service["labels"].items())
        assert monitoring[0]["metadata"]["namespace"] == service["namespace"]
    assert [(one["port"], one["path"]) for one in spec["endpoints"]] == [
        ("listen", "/metrics")]


def test_everything_is_in_one_namespace(overlay):
    name = overlay.one("Namespace")["metadata"]["name"]
    assert name == "slotd"
    for one in overlay.objects:
        assert one["kind"] == "Namespace" or (
            one["metadata"]["namespace"] == name)


def test_image(overlays):
    text = (manifests.ROOT / "include/slotd/version.h").read_text()
    version = re.search(r'#define SLOTD_VERSION "(.+)"', text)[1]
    for overlay in overlays.values():
        assert overlay.container["image"].endswith("/slotd:" + version)
    for name in manifests.S3:
        sweep = overlays[name].pods_of("CronJob")
        assert sweep.container["image"] == overlays[name].container["image"]
