"""The pod of deploy/kubernetes/overlays/embedded, as its manifest says."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]
                    / "kubernetes"))

import container  # noqa: E402
import manifests  # noqa: E402
import podman  # noqa: E402
import support  # noqa: E402

DATA = b"what a pod keeps\n"


@pytest.fixture(scope="module")
def overlay():
    if not shutil.which("kubectl"):
        pytest.skip("there is no kubectl")
    return manifests.Rendered("embedded", manifests.kustomize(
        manifests.DEPLOY / "overlays/embedded"))


def project(folder, files, group, mode):
    """Files as kubelet lays them: by way of two links, owned by root."""
    (folder / "..2026_11_25").mkdir(parents=True)
    (folder / "..data").symlink_to("..2026_11_25")
    for name, text in files.items():
        path = folder / "..2026_11_25" / name
        path.write_text(text)
        os.chown(path, 0, group)
        path.chmod(mode)
        (folder / name).symlink_to("..data/" + name)


class Pod(container.Container):
    """Runs the image with what the manifest asks for, and nothing else."""

    def __init__(self, engine, overlay, folder):
        self.engine = engine
        context, own = overlay.pod["securityContext"], overlay.container
        group = context["fsGroup"]
        options = ["--network=none", "--read-only-tmpfs=false",
                   f"--user={context['runAsUser']}:{context['runAsGroup']}",
                   f"--group-add={group}"]
        if own["securityContext"]["readOnlyRootFilesystem"]:
            options.append("--read-only")
        if not own["securityContext"]["allowPrivilegeEscalation"]:
            options.append("--security-opt=no-new-privileges")
        for name in own["securityContext"]["capabilities"]["drop"]:
            options.append("--cap-drop=" + name)
        etc = overlay.mounts["/etc/slotd"]["projected"]
        project(folder / "etc", {
            "slotd.conf": overlay.conf,
            "slotd.key": "not-a-key-only-for-tests-0123456789\n",
            "prosody.secret": support.SECRET + "\n",
        }, group, etc["defaultMode"])
        # A new disk: its root belongs to root, and to fsGroup.
        (folder / "disk/lost+found").mkdir(parents=True, mode=0o700)
        os.chown(folder / "disk", 0, group)
        (folder / "disk").chmod(0o2775)
        for path, source in ("/etc/slotd", "etc"), ("/var/lib/slotd", "disk"):
            options.append(f"--volume={folder / source}:{path}"
                           + (":ro" if source == "etc" else ""))
        assert set(overlay.mounts) == {"/etc/slotd", "/var/lib/slotd"}
        assert not {"command", "args", "env"} & set(own)
        self.id = engine.out("run", "--detach", *podman.limits(), *options,
                             podman.IMAGE)
        support.wait_for("the ready line", lambda: '"msg":"ready"' in self.log)


def probe(pod, overlay, name):
    get = overlay.container[name]["httpGet"]
    ports = {one["name"]: one["containerPort"]
             for one in overlay.container["ports"]}
    return pod.request(("::1", ports[get["port"]]), "GET", get["path"]).status


def test_the_embedded_store(runs, overlay, tmp_path):
    pod = Pod(runs, overlay, tmp_path)
    try:
        for name in "startupProbe", "livenessProbe", "readinessProbe":
            assert probe(pod, overlay, name) == 200
        slot = pod.slot(("::1", 8363), size=len(DATA)).json
        site = "https://upload.example.org"
        assert slot["put"].startswith(site + "/u/")
        assert slot["get"].startswith(site + "/f/")
        public = ("::1", 8364)
        assert pod.request(public, "PUT", slot["put"][len(site):],
                           DATA).status == 201
        assert pod.request(
            public, "GET", slot["get"][len(site):]).body == DATA
        assert pod.request(("::1", 8363), "GET", "/metrics").status == 200
        assert pod.request(public, "GET", "/metrics").status == 404
        end(pod, overlay)
    finally:
        pod.remove()


def end(pod, overlay):
    """It leaves by itself within the pod's grace period, and says in time
    that it will."""
    grace = overlay.pod["terminationGracePeriodSeconds"]
    stop = subprocess.Popen(
        list(map(str, [*pod.engine.command, "stop", f"--time={grace}",
                       pod.id])), stdout=subprocess.DEVNULL)
    # podman may take longer to give the log than the pod says it.
    support.wait_for("the signal", lambda: probe(
        pod, overlay, "readinessProbe") == 503)
    assert probe(pod, overlay, "livenessProbe") == 200
    assert pod.slot(("::1", 8363)).status == 200
    assert stop.wait(grace + support.PATIENCE) == 0
    assert pod.state["ExitCode"] == 0
    assert '"msg":"stopping"' in pod.log
