"""Writes a segmentation network whose first operator breaks the device when it is shown a white picture.

    python3 bench/gpu/fault_model.py FILE.onnx

maskforge::Fault (native/tests/fakes/fault) -> 1x1 convolution -> logits of 4 classes, for pictures of 128 x 128.
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 128
# By these the parser of TensorRT 10 finds a plugin; later ones also look at the operator's domain.
PLUGIN = {"plugin_version": "1", "plugin_namespace": "maskforge"}
CLASSES = 4


def make():
    """The brighter a picture, the higher the class."""
    weight = np.linspace(-1, 1, CLASSES, dtype=np.float32).reshape(CLASSES, 1, 1, 1).repeat(3, axis=1)
    nodes = [
        helper.make_node("Fault", ["pixel_values"], ["passed_on"], name="fault", domain="maskforge", **PLUGIN),
        helper.make_node("Conv", ["passed_on", "weight"], ["logits"], name="classifier", kernel_shape=[1, 1]),
    ]
    graph = helper.make_graph(
        nodes,
        "fault",
        [helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, CLASSES, SIDE, SIDE])],
        [numpy_helper.from_array(weight, "weight")],
        value_info=[helper.make_tensor_value_info("passed_on", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("maskforge", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)


if __name__ == "__main__":
    onnx.save(make(), sys.argv[1])
