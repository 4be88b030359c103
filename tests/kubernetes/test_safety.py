"""Restricted pods, who reaches them, and no secret in what is applied."""

import re

import manifests


def test_restricted(pods):
    """What the "restricted" standard asks of pods, and of the namespace to
    hold them to it."""
    enforced = pods.one("Namespace")["metadata"]["labels"]
    assert enforced["pod-security.kubernetes.io/enforce"] == "restricted"
    pod, one = pods.pod, pods.container
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {
        "type": "RuntimeDefault"}
    assert one["securityContext"]["allowPrivilegeEscalation"] is False
    assert one["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert one["securityContext"]["readOnlyRootFilesystem"] is True
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    for volume in pod["volumes"]:
        assert set(volume) - {"name"} <= {"projected", "persistentVolumeClaim"}


def test_user(pods):
    """That of the image; its group may read what is mounted."""
    context = pods.pod["securityContext"]
    image = (manifests.ROOT / "Dockerfile").read_text()
    user, group = re.search(r"^USER (\d+):(\d+)$", image, re.M).groups()
    assert context["runAsUser"] == int(user)
    assert context["runAsGroup"] == context["fsGroup"] == int(group)
    for volume in pods.pod["volumes"]:
        if "projected" in volume:
            assert volume["projected"]["defaultMode"] == 0o440


def test_resources(pods):
    resources = pods.container["resources"]
    assert set(resources["requests"]) == {"cpu", "memory"}
    assert "memory" in resources["limits"]


def test_no_token_for_kubernetes(pods):
    assert pods.pod["automountServiceAccountToken"] is False
    assert pods.account["automountServiceAccountToken"] is False


def test_no_secret_is_applied(overlay):
    """It is made by a command; here is only its name."""
    assert not overlay.all("Secret")
    assert not re.search(r"\b(secrets?|access_key_secret|password) =",
                         overlay.conf)


def policies_of(pods):
    """Those that choose these pods."""
    labels = pods.template["metadata"]["labels"].items()
    return [one for one in pods.all("NetworkPolicy")
            if one["spec"]["podSelector"]["matchLabels"].items() <= labels]


def test_every_policy_chooses_pods(overlay):
    chosen = policies_of(overlay)
    if overlay.all("CronJob"):
        chosen += policies_of(overlay.pods_of("CronJob"))
    assert len(chosen) == len(overlay.all("NetworkPolicy"))


def test_the_janitor(overlays):
    """Nobody can connect to it, it reaches DNS and HTTPS alone, and it has an
    identity and a secret of its own."""
    assert not overlays["embedded"].all("CronJob")
    for name in manifests.S3:
        serve = overlays[name]
        sweep = serve.pods_of("CronJob")
        (policy,) = policies_of(sweep)
        assert set(policy["spec"]["policyTypes"]) == {"Ingress", "Egress"}
        assert not policy["spec"].get("ingress")
        assert {(port["protocol"], port["port"])
                for rule in policy["spec"]["egress"]
                for port in rule["ports"]} == {
            ("UDP", 53), ("TCP", 53), ("TCP", 443)}
        service = sweep.one("Service")["spec"]["selector"].items()
        assert not service <= sweep.template["metadata"]["labels"].items()
        assert serve.account != sweep.account
        assert (serve.environment["AWS_ROLE_ARN"]
                != sweep.environment["AWS_ROLE_ARN"])
        assert "slotd-sweep" in str(sweep.mounts["/etc/slotd"])
        assert "slotd-sweep" not in str(serve.template)


def test_who_comes_in(overlay):
    policies = policies_of(overlay)
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
    policies = policies_of(overlay)
    assert any("Egress" in one["spec"]["policyTypes"] for one in policies)
    ports = {(port["protocol"], port["port"]) for policy in policies
             for rule in policy["spec"].get("egress", [])
             for port in rule["ports"]}
    if overlay.name == "embedded":
        assert ports == set()
        return
    ports -= {("UDP", 53), ("TCP", 53), ("TCP", 443), ("TCP", 6379)}
    assert ports == ({("TCP", 5347)} if overlay.name == "component" else set())


def is_let_out(overlay, namespace, port):
    """Whether its pods may connect to this port there, and to no other
    place."""
    return {"to": [{"namespaceSelector": {"matchLabels": {
        "kubernetes.io/metadata.name": namespace}}}],
        "ports": [{"protocol": "TCP", "port": port}]} in [
            rule for policy in policies_of(overlay)
            for rule in policy["spec"].get("egress", [])]


def test_the_xmpp_server_is_let_out_to(overlays):
    """The port and the namespace of the component's server, for the pods that
    serve alone."""
    overlay = overlays["component"]
    component = re.search(
        r"^components = \((.*?)^\);", overlay.conf, re.S | re.M)[1]
    namespace = re.search(r'server = "[a-z]+\.([a-z]+)\.svc";', component)[1]
    port = int(re.search(r"port = (\d+);", component)[1])
    assert is_let_out(overlay, namespace, port)
    assert not is_let_out(overlay.pods_of("CronJob"), namespace, port)
    assert not is_let_out(overlays["s3"], namespace, port)
    assert 'secret_file = "/etc/slotd/' in component


def test_redis_is_let_out_to(overlays):
    """The port and the namespace of quota's address, and no other place."""
    conf = overlays["s3"].conf
    quota = re.search(r"^quota = \{(.*?)^\};", conf, re.S | re.M)[1]
    assert 'type = "redis";' in quota
    namespace = re.search(r'address = "[a-z]+\.([a-z]+)\.svc";', quota)[1]
    port = int(re.search(r"port = (\d+);", quota)[1])
    assert is_let_out(overlays["s3"], namespace, port)
    assert is_let_out(overlays["component"], namespace, port)
    assert re.search(r'password_file = "/etc/slotd/', quota)
