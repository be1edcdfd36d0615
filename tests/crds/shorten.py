"""Write definitions of custom resources as the tests use them: `python tests/crds/shorten.py FILE...`.

A FILE is `config/crd/standard/gateway.networking.k8s.io_….yaml` of the Go module sigs.k8s.io/gateway-api, or
`example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml` of the module
github.com/prometheus-operator/prometheus-operator. What is left out is what no server needs: descriptions, and versions
that are not stored.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml


def shortened(node: Any) -> Any:  # noqa: ANN401 - any part of a definition
    """Return a part of a definition without its descriptions; a property of that name stays."""
    if isinstance(node, dict):
        return {
            key: shortened(value)
            for key, value in node.items()
            if not (key == "description" and isinstance(value, str))
        }
    return [shortened(each) for each in node] if isinstance(node, list) else node


def main(files: list[Path]) -> None:
    """Shorten each definition, and name it as it names itself."""
    for file in files:
        definition = shortened(yaml.safe_load(file.read_text(encoding="utf-8")))
        definition["spec"]["versions"] = [each for each in definition["spec"]["versions"] if each["storage"]]
        target = Path(__file__).parent / f"{definition['metadata']['name']}.json"
        target.write_text(json.dumps(definition, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
