"""The manifests, as kubectl renders them, and what is asked of them."""

import json
import os
import pathlib
import shutil
import subprocess

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy/kubernetes"
SLOTD = os.path.abspath(os.environ.get("SLOTD", str(ROOT / "build/slotd")))
PACKAGES = pathlib.Path(
    os.environ.get("SLOTD_SCHEMAS", str(ROOT / "build/kubernetes")))
SCHEMAS = pathlib.Path(__file__).resolve().parent / "schemas"
OVERLAYS = ("embedded", "s3", "component")
# Several pods in front of S3; the second is the first with a patch.
S3 = ("s3", "s3-by-hand", "component")
# What Amazon's webhook puts into pods of an account with its annotation.
EKS_TOKEN = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"
PATIENCE = 300


def run(*command, timeout=PATIENCE, **options):
    return subprocess.run(
        list(map(str, command)), text=True, capture_output=True,
        timeout=timeout, **options)


def kustomize(folder):
    """The list of objects in a folder with a kustomization.yaml."""
    done = run("kubectl", "kustomize", folder)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def with_web_identity(folder):
    """The S3 overlay with its commented patch, in a copy."""
    shutil.copytree(DEPLOY, folder, dirs_exist_ok=True)
    path = folder / "overlays/s3/kustomization.yaml"
    text = path.read_text()
    assert text.count("  # - web-identity.yaml\n") == 1
    path.write_text(text.replace("  # - web-identity", "  - web-identity"))
    return kustomize(path.parent)


def faults(objects):
    """What Kubernetes' schemas have against each."""
    done = run("node", SCHEMAS / "validate.js", cwd=PACKAGES,
               input=json.dumps(objects))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found) == len(objects)
    return [(one["kind"], fault) for one, list_of in zip(objects, found)
            for fault in list_of]


class Rendered:
    """One overlay, and its pods of one kind: those of the Deployment, or that
    of the CronJob."""

    def __init__(self, name, objects, kind="Deployment"):
        self.name = name
        self.objects = objects
        self.kind = kind

    def all(self, kind):
        return [one for one in self.objects if one["kind"] == kind]

    def one(self, kind, name=None):
        found = [one for one in self.all(kind)
                 if name in (None, one["metadata"]["name"])]
        assert len(found) == 1, (kind, found)
        return found[0]

    def pods_of(self, kind):
        return Rendered(self.name, self.objects, kind)

    @property
    def deployment(self):
        return self.one("Deployment")["spec"]

    @property
    def job(self):
        return self.one("CronJob")["spec"]

    @property
    def template(self):
        above = (self.deployment if self.kind == "Deployment"
                 else self.job["jobTemplate"]["spec"])
        return above["template"]

    @property
    def pod(self):
        return self.template["spec"]

    @property
    def account(self):
        return self.one("ServiceAccount", self.pod["serviceAccountName"])

    @property
    def container(self):
        assert len(self.pod["containers"]) == 1
        return self.pod["containers"][0]

    @property
    def conf(self):
        """The text of slotd.conf."""
        data = self.one("ConfigMap")["data"]
        assert set(data) == {"slotd.conf"}
        return data["slotd.conf"]

    @property
    def mounts(self):
        """Path in the container: the volume there."""
        volumes = {v["name"]: v for v in self.pod["volumes"]}
        found = {}
        for mount in self.container["volumeMounts"]:
            assert set(mount) <= {"name", "mountPath", "readOnly"}
            found[mount["mountPath"]] = volumes.pop(mount["name"])
        assert not volumes, "volumes that are not mounted"
        return found

    @property
    def environment(self):
        """As the program will have it."""
        found = {one["name"]: one["value"]
                 for one in self.container.get("env", [])}
        notes = self.account["metadata"].get("annotations", {})
        role = notes.get("eks.amazonaws.com/role-arn")
        if role and "AWS_ROLE_ARN" not in found:
            found["AWS_ROLE_ARN"] = role
            found["AWS_WEB_IDENTITY_TOKEN_FILE"] = EKS_TOKEN
        return found
