"""Reads file names from standard input and runs onnx.checker, with shape inference, on each. Prints a JSON object."""

from __future__ import annotations

import json
import sys

import onnx


def check(path: str) -> str:
    try:
        # Strict inference rejects operators of other domains, so it is for models without them only.
        model = onnx.load(path)
        foreign = any(node.domain not in ("", "ai.onnx") for node in model.graph.node)
        onnx.checker.check_model(model, full_check=not foreign)
    except Exception as error:  # the message is the result
        return str(error).strip().splitlines()[0]
    return "ok"


print(json.dumps({"onnx": onnx.__version__, "results": {path: check(path) for path in sys.stdin.read().split("\n") if path}}))
