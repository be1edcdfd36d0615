"""Write the Gateway API's definitions as the tests use them: `python tests/crds/shorten.py FOLDER`.

FOLDER is `config/crd/standard` of the Go module sigs.k8s.io/gateway-api. What is left out is what no server needs:
descriptions, and versions that are not stored.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

WANTED = (
    "gatewayclasses",
    "gateways",
    "httproutes",
    "grpcroutes",
    "tlsroutes",
    "referencegrants",
    "backendtlspolicies",
)


def shortened(node: Any) -> Any:  # noqa: ANN401 - any part of a definition
    """Return a part of a definition without its descriptions; a property of that name stays."""
    if isinstance(node, dict):
        return {
            key: shortened(value)
            for key, value in node.items()
            if not (key == "description" and isinstance(value, str))
        }
    return [shortened(each) for each in node] if isinstance(node, list) else node


def main(folder: Path) -> None:
    """Shorten each definition that the tests need."""
    for name in WANTED:
        text = (folder / f"gateway.networking.k8s.io_{name}.yaml").read_text(encoding="utf-8")
        definition = shortened(yaml.safe_load(text))
        definition["spec"]["versions"] = [each for each in definition["spec"]["versions"] if each["storage"]]
        target = Path(__file__).parent / f"{name}.gateway.networking.k8s.io.json"
        target.write_text(json.dumps(definition, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
