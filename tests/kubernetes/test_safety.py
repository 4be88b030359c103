"""Restricted pods, who reaches them, and no secret in what is applied."""

import re

import manifests


def test_restricted(overlay):
    """What the "restricted" standard asks of pods, and of the namespace to
    hold them to it."""
    enforced = overlay.one("Namespace")["metadata"]["labels"]
    assert enforced["pod-security.kubernetes.io/enforce"] == "restricted"
    pod, one = overlay.pod, overlay.container
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {
        "type": "RuntimeDefault"}
    assert one["securityContext"]["allowPrivilegeEscalation"] is False
    assert one["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert one["securityContext"]["readOnlyRootFilesystem"] is True
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    for volume in pod["volumes"]:
        assert set(volume) - {"name"} <= {"projected", "persistentVolumeClaim"}


def test_user(overlay):
    """That of the image; its group may read what is mounted."""
    context = overlay.pod["securityContext"]
    image = (manifests.ROOT / "Dockerfile").read_text()
    user, group = re.search(r"^USER (\d+):(\d+)$", image, re.M).groups()
    assert context["runAsUser"] == int(user)
    assert context["runAsGroup"] == context["fsGroup"] == int(group)
    for volume in overlay.pod["volumes"]:
        if "projected" in volume:
            assert volume["projected"]["defaultMode"] == 0o440


def test_resources(overlay):
    resources = overlay.container["resources"]
    assert set(resources["requests"]) == {"cpu", "memory"}
    assert "memory" in resources["limits"]


def test_no_token_for_kubernetes(overlay):
    assert overlay.pod["automountServiceAccountToken"] is False
    account = overlay.one("ServiceAccount")
    assert account["automountServiceAccountToken"] is False
    assert overlay.pod["serviceAccountName"] == account["metadata"]["name"]


def test_no_secret_is_applied(overlay):
    """It is made by a command; here is only its name."""
    assert not overlay.all("Secret")
    assert not re.search(r"\b(secrets?|access_key_secret|password) =",
                         overlay.conf)


def test_who_comes_in(overlay):
    policies = overlay.all("NetworkPolicy")
    pods = overlay.deployment["template"]["metadata"]["labels"].items()
    for policy in policies:
        chosen = policy["spec"]["podSelector"]["matchLabels"]
        assert chosen.items() <= pods
    rules = [rule for policy in policies
             for rule in policy["spec"].get("ingress", [])]
    assert [one for one in policies
            if "Ingress" in one["spec"]["policyTypes"]]
    found = {(rule["from"][0].get("podSelector", {}).get(
        "matchLabels", {}).get("slotd"),
        rule["from"][0]["namespaceSelector"].get("matchLabels", {}).get(
            "kubernetes.io/metadata.name"),
        rule["ports"][0]["port"]) for rule in rules}
    for rule in rules:
        assert len(rule["from"]) == len(rule["ports"]) == 1
    assert found == {
        ("caller", None, "listen"), (None, "monitoring", "listen"),
        (None, "ingress-nginx", "public")}


def test_what_goes_out(overlay):
    policies = overlay.all("NetworkPolicy")
    assert any("Egress" in one["spec"]["policyTypes"] for one in policies)
    ports = {(port["protocol"], port["port"]) for policy in policies
             for rule in policy["spec"].get("egress", [])
             for port in rule["ports"]}
    if overlay.name == "embedded":
        assert ports == set()
    else:
        assert ports == {
            ("UDP", 53), ("TCP", 53), ("TCP", 443), ("TCP", 6379)}


def test_redis_is_let_out_to(overlays):
    """The port and the namespace of quota's address, and no other place."""
    conf = overlays["s3"].conf
    quota = re.search(r"^quota = \{(.*?)^\};", conf, re.S | re.M)[1]
    assert 'type = "redis";' in quota
    namespace = re.search(r'address = "[a-z]+\.([a-z]+)\.svc";', quota)[1]
    port = int(re.search(r"port = (\d+);", quota)[1])
    rules = [rule for policy in overlays["s3"].all("NetworkPolicy")
             for rule in policy["spec"].get("egress", [])]
    assert {"to": [{"namespaceSelector": {"matchLabels": {
        "kubernetes.io/metadata.name": namespace}}}],
        "ports": [{"protocol": "TCP", "port": port}]} in rules
    assert re.search(r'password_file = "/etc/slotd/', quota)
