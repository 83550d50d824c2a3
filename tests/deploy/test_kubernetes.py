"""The manifests of deploy/kubernetes: built by kustomize, valid by the schema, consistent with each other."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from click.testing import CliRunner

from deploy.generate.alerts import rules
from tableadmin_server.command import command
from tableadmin_server.config import ServerConfig, load
from tests.foreign import tools

_ROOT = Path(__file__).parents[2]
_KUBERNETES = _ROOT / "deploy" / "kubernetes"
# Kinds of others, whose schemas are not in Kubernetes.
_CUSTOM = {"Certificate", "PodMonitor", "PrometheusRule"}
_NAME = {"app.kubernetes.io/name": "tableadmin"}

Manifest = dict[str, Any]


@pytest.fixture(scope="module", params=["base", "overlays/irsa"])
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    """What `kubectl apply --kustomize` would send."""
    return _built(_KUBERNETES / request.param)


def _built(folder: Path) -> list[Manifest]:
    command = [tools.required(tools.kubectl), "kustomize", str(folder)]
    built = subprocess.run(command, check=True, capture_output=True, text=True)
    return list(yaml.safe_load_all(built.stdout))


def _of(manifests: list[Manifest], kind: str) -> list[Manifest]:
    return [each for each in manifests if each["kind"] == kind]


def _only(manifests: list[Manifest], kind: str) -> Manifest:
    (found,) = _of(manifests, kind)
    return found


def _pod(manifests: list[Manifest]) -> Manifest:
    pod: Manifest = _only(manifests, "Deployment")["spec"]["template"]
    return pod


def _container(manifests: list[Manifest]) -> Manifest:
    (container,) = _pod(manifests)["spec"]["containers"]
    found: Manifest = container
    return found


def _configured(manifests: list[Manifest], folder: Path) -> tuple[Path, ServerConfig]:
    """The configuration of the ConfigMap that the pod mounts, loaded as the server loads it."""
    volumes = {each["name"]: each for each in _pod(manifests)["spec"]["volumes"]}
    maps = {each["metadata"]["name"]: each["data"] for each in _of(manifests, "ConfigMap")}
    file = folder / "tableadmin.toml"
    file.write_text(maps[volumes["config"]["configMap"]["name"]]["tableadmin.toml"], encoding="utf-8")
    return file, load(file)


def test_schema(manifests: list[Manifest], tmp_path: Path) -> None:
    """Each manifest is valid by the schema of Kubernetes, without a member that the schema does not have."""
    _check_schema(manifests, tmp_path)


def _check_schema(manifests: list[Manifest], folder: Path) -> None:
    validate = Path(sys.executable).with_name("kubernetes-validate")
    if not validate.exists():
        pytest.skip("kubernetes-validate is not installed: make setup")
    file = folder / "manifests.yaml"
    file.write_text(yaml.safe_dump_all(each for each in manifests if each["kind"] not in _CUSTOM))
    result = subprocess.run([validate, "--strict", file], capture_output=True, text=True, check=False)
    assert 0 == result.returncode, result.stdout + result.stderr


def test_selectors(manifests: list[Manifest]) -> None:
    """Each selector selects the pods of the deployment."""
    deployment = _only(manifests, "Deployment")["spec"]
    selectors = [
        deployment["selector"]["matchLabels"],
        *(
            each["labelSelector"]["matchLabels"]
            for each in _pod(manifests)["spec"]["topologySpreadConstraints"]
        ),
        *(each["spec"]["selector"] for each in _of(manifests, "Service")),
        _only(manifests, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        _only(manifests, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
    ]
    assert [_NAME] * 6 == selectors
    assert _NAME.items() <= _pod(manifests)["metadata"]["labels"].items()


def test_ports(manifests: list[Manifest], tmp_path: Path) -> None:
    """The ports and the probes are those that the configuration has the server listen at."""
    _, config = _configured(manifests, tmp_path)
    (listener,) = config.listeners
    container = _container(manifests)
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}
    variables = {each["name"]: each["value"] for each in container["env"]}
    assert f"0.0.0.0:{ports['grpc']}" == listener.address
    assert f"0.0.0.0:{ports['health']}" == variables["TABLEADMIN_HEALTH_ADDRESS"]
    assert f"0.0.0.0:{ports['metrics']}" == variables["TABLEADMIN_METRICS_ADDRESS"]
    assert {ports["health"]} == {
        container[f"{probe}Probe"]["grpc"]["port"] for probe in ("startup", "readiness", "liveness")
    }
    assert {"grpc"} == {
        port["targetPort"] for each in _of(manifests, "Service") for port in each["spec"]["ports"]
    }
    ingress = _only(manifests, "NetworkPolicy")["spec"]["ingress"]
    assert ["grpc", "metrics"] == [port["port"] for rule in ingress for port in rule["ports"]]


def test_variables(manifests: list[Manifest]) -> None:
    """Each variable of the pod is one of the server."""
    names = {each["name"].removeprefix("TABLEADMIN_").lower() for each in _container(manifests)["env"]}
    assert names <= {parameter.name for parameter in command.params}


def test_mounts(manifests: list[Manifest], tmp_path: Path) -> None:
    """The files that the configuration and the flags name are in what is mounted."""
    _, config = _configured(manifests, tmp_path)
    container = _container(manifests)
    mounted = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
    assert mounted.keys() == {each["name"] for each in _pod(manifests)["spec"]["volumes"]}
    assert ["--config", f"{mounted['config']}/tableadmin.toml"] == container["args"]
    assert mounted["policies"] == config.policies.folder
    tls = config.listeners[0].tls
    assert tls
    assert [f"{mounted['tls']}/{name}" for name in ("tls.crt", "tls.key", "ca.crt")] == [
        tls.cert,
        tls.key,
        tls.client_ca,
    ]


def test_policies(manifests: list[Manifest], tmp_path: Path) -> None:
    """`tableadmin-server policy check` takes the policies, in the links in which a ConfigMap is mounted."""
    file, _ = _configured(manifests, tmp_path)
    (data,) = [each["data"] for each in _of(manifests, "ConfigMap") if "main.cedar" in each["data"]]
    version = tmp_path / "policies" / "..2026_01_01"
    version.mkdir(parents=True)
    (version.parent / "..data").symlink_to(version.name)
    for name, text in data.items():
        (version / name).write_text(text, encoding="utf-8")
        (version.parent / name).symlink_to(f"..data/{name}")
    check = ["policy", "check", "--config", str(file), "--folder", str(version.parent)]
    result = CliRunner().invoke(command, check)
    assert 0 == result.exit_code, result.output
    assert "2 policies are valid" in result.output


def test_certificate(manifests: list[Manifest]) -> None:
    """The certificate is for each name of each Service, and in the Secret that the pod mounts."""
    certificate = _only(manifests, "Certificate")["spec"]
    (secret,) = [each["secret"] for each in _pod(manifests)["spec"]["volumes"] if "secret" in each]
    assert secret["secretName"] == certificate["secretName"]
    namespace = _only(manifests, "Namespace")["metadata"]["name"]
    names = [each["metadata"]["name"] for each in _of(manifests, "Service")]
    domains = ("", f".{namespace}", f".{namespace}.svc", f".{namespace}.svc.cluster.local")
    assert {f"{name}{domain}" for name in names for domain in domains} == set(certificate["dnsNames"])


def test_time_to_stop(manifests: list[Manifest], tmp_path: Path) -> None:
    """Kubernetes kills a pod only after the sleep before the stop and the grace period of the server."""
    _, config = _configured(manifests, tmp_path)
    sleep = _container(manifests)["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert sleep + config.grace_period < _pod(manifests)["spec"]["terminationGracePeriodSeconds"]


def test_restricted(manifests: list[Manifest]) -> None:
    """The pod keeps to the profile that the namespace enforces, and cannot write to its file system."""
    enforced = _only(manifests, "Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
    pod, container = _pod(manifests)["spec"]["securityContext"], _container(manifests)["securityContext"]
    assert "restricted" == enforced
    assert pod["runAsNonRoot"]
    assert "RuntimeDefault" == pod["seccompProfile"]["type"]
    assert {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    } == container


def _with_component(name: str, folder: Path) -> list[Manifest]:
    """The base with the component NAME, built in FOLDER."""
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": "tableadmin",
        "resources": [f"{os.path.relpath(_KUBERNETES, folder.resolve())}/base"],
        "components": [f"{os.path.relpath(_KUBERNETES, folder.resolve())}/components/{name}"],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), encoding="utf-8")
    return _built(folder)


def test_traces(tmp_path: Path) -> None:
    """The component turns traces on, and lets the pods reach the collector that the variable names."""
    built = _with_component("traces", tmp_path)
    variables = {each["name"]: each.get("value") for each in _container(built)["env"]}
    assert "true" == variables["TABLEADMIN_TRACES_ENABLED"]
    collector = urlsplit(variables["OTEL_EXPORTER_OTLP_ENDPOINT"])
    rule = _only(built, "NetworkPolicy")["spec"]["egress"][-1]
    assert [{"protocol": "TCP", "port": collector.port}] == rule["ports"]
    (to,) = rule["to"]
    namespace = to["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
    assert f"otel-collector.{namespace}" == collector.hostname
    # A variable may name those before it alone.
    names = list(variables)
    assert names.index("POD_NAME") < names.index("OTEL_RESOURCE_ATTRIBUTES")
    _check_schema(built, tmp_path)


def test_monitoring(tmp_path: Path) -> None:
    """The component tells the Prometheus Operator the port of the pods, and the alerts for their job."""
    built = _with_component("monitoring", tmp_path)
    monitor = _only(built, "PodMonitor")
    assert _NAME == monitor["spec"]["selector"]["matchLabels"]
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert endpoint["port"] in [each["name"] for each in _container(built)["ports"]]
    # The alerts name the job, which gets the value of this label of the pods.
    labels = _pod(built)["metadata"]["labels"]
    assert "tableadmin" == labels[monitor["spec"]["jobLabel"]]
    rule = _only(built, "PrometheusRule")
    assert rules() == rule["spec"]
    assert {"tableadmin"} == {each["metadata"]["namespace"] for each in (monitor, rule)}
