"""The manifests against the schemas of Kubernetes."""

import copy

import pytest

import manifests

pytestmark = pytest.mark.usefixtures("schemas")


def test_overlays(overlay):
    assert manifests.faults(overlay.objects) == []


def test_monitoring(monitoring):
    assert [one["kind"] for one in monitoring] == ["ServiceMonitor"]
    assert manifests.faults(monitoring) == []


def test_it_can_tell(overlays, monitoring):
    objects = copy.deepcopy(overlays["s3"].objects + monitoring)
    rendered = manifests.Rendered("s3", objects)
    rendered.container["ports"][0]["containerPort"] = "many"
    rendered.pod["securityContext"]["runAsNonRot"] = True
    del rendered.one("HorizontalPodAutoscaler")["spec"]["maxReplicas"]
    objects[-1]["spec"]["endpoints"][0]["pth"] = "/metrics"
    assert sorted(manifests.faults(objects)) == [
        ("Deployment", "/spec/template/spec/securityContext/runAsNonRot: "
                       "unknown"),
        ("Deployment", "data/spec/template/spec/containers/0/ports/0/"
                       "containerPort must be integer"),
        ("HorizontalPodAutoscaler", "data/spec must have required property "
                                    "maxReplicas"),
        ("ServiceMonitor", "/spec/endpoints/0/pth: unknown"),
    ]
