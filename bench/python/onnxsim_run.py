"""onnxsim_run.py IN OUT: what `maskforge onnx fix --pass simplify` does, by onnxsim. Prints seconds, nodes and memory as JSON."""

from __future__ import annotations

import json
import resource
import sys
import time

import onnx
import onnxsim

source, target = sys.argv[1:3]
start = time.perf_counter()
model = onnx.load(source)
simplified, equal = onnxsim.simplify(model)
onnx.save(simplified, target)
seconds = time.perf_counter() - start
nodes = sum(node.op_type != "Constant" for node in simplified.graph.node)
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"seconds": seconds, "nodes": nodes, "peakBytes": memory, "version": onnxsim.__version__, "equal": equal}))
