"""Writes what is generated under deploy/ and docs/; `make deploy-files` runs it.

python -m deploy.generate
"""

import json
from collections.abc import Mapping
from pathlib import Path

import yaml

from deploy.generate import alerts, dashboard, iam

_ROOT = Path(__file__).parents[2]
_HEAD = "# Generated from deploy/generate/alerts.py by `make deploy-files`: do not edit.\n"


def files() -> Mapping[str, str]:
    """The text of each generated file, by its path in the repository."""
    rules = alerts.rules()
    return {
        "deploy/prometheus/alerts.yml": _HEAD + _yaml(rules),
        "deploy/kubernetes/components/monitoring/prometheus_rule.yaml": _HEAD
        + _yaml(_custom_resource(rules)),
        "deploy/grafana/tableadmin.json": _json(dashboard.dashboard()),
        "docs/operate/alerts.md": alerts.page(),
        **{f"deploy/iam/{each.name}.json": _json(iam.document(each)) for each in iam.FEATURES},
        "docs/reference/iam.md": iam.page(),
    }


def _custom_resource(rules: object) -> object:
    """RULES as the Prometheus Operator takes them."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "tableadmin"},
        "spec": rules,
    }


def _yaml(data: object) -> str:
    return yaml.safe_dump(data, sort_keys=False, width=1000)


def _json(data: object) -> str:
    return json.dumps(data, indent=2) + "\n"


if __name__ == "__main__":
    for name, text in files().items():
        path = _ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
