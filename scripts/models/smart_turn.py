"""Smart Turn with activations in float and merged silence: models/smart-turn-v3.2-merged-silence/smart-turn.onnx from the wheel
pipecat-ai 1.14.0.

    pip install onnx==1.23.2 && python scripts/models/smart_turn.py smart-turn-v3.2-cpu.onnx OUT.onnx && sha256sum OUT.onnx

As shipped, activations are int8, too: noise of 1e-6 in the sound moves the probability by up to 0.38. This leaves out each pair that
makes an activation int8 and float again; weights stay int8.

As shipped, it also takes 8 s of sound whatever was said. Each token is 20 ms. This adds inputs that say of each token that is heard which
it is of those computed from `input_features` (`tokens`), at which of the 400 positions it stands (`positions`), and for how many it counts
(`counts`): the logarithm is added wherever tokens compete for attention. One token can so stand for much silence. SHA256SUMS in models
says what OUT.onnx is.

The sound as its classifier gets it, 384 numbers pooled over all tokens, is an output, too (`pooled`): turn_head.py learns from it.
"""

import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper


def main(source, target):
    model = onnx.load(source)
    graph = model.graph
    producers = {output: node for node in graph.node for output in node.output}
    replaced, left_out = {}, set()
    for node in graph.node:
        if node.op_type != "DequantizeLinear":
            continue
        producer = producers.get(node.input[0])
        if producer is not None and producer.op_type == "QuantizeLinear":
            replaced[node.output[0]] = producer.input[0]
            left_out.add(node.output[0])

    def resolve(name):
        while name in replaced:
            name = replaced[name]
        return name

    nodes = [node for node in graph.node if not (node.op_type == "DequantizeLinear" and node.output[0] in left_out)]
    for node in nodes:
        for n, name in enumerate(node.input):
            node.input[n] = resolve(name)
    used = {name for node in nodes for name in node.input} | {output.name for output in graph.output}
    nodes = [node for node in nodes if node.op_type != "QuantizeLinear" or any(name in used for name in node.output)]
    outputs = {output.name: resolve(output.name) for output in graph.output}
    del graph.node[:]
    graph.node.extend(nodes)
    for output in graph.output:
        if outputs[output.name] != output.name:
            graph.node.append(helper.make_node("Identity", [outputs[output.name]], [output.name]))
    merge_silence(graph)
    show_pooled(graph)
    onnx.checker.check_model(model)
    onnx.save(model, target)


def merge_silence(graph):
    graph.input[0].type.tensor_type.shape.dim[2].dim_param = "frames"
    for name, kind in (("tokens", TensorProto.INT32), ("positions", TensorProto.INT32), ("counts", TensorProto.FLOAT)):
        graph.input.append(helper.make_tensor_value_info(name, kind, ["tokens"]))
    changed = 0
    for constant in graph.initializer:
        if numpy_helper.to_array(constant).tolist() == [400]:  # Length in the shapes of reshaped tensors.
            constant.CopyFrom(numpy_helper.from_array(numpy.array([-1]), constant.name))
            changed += 1
    graph.initializer.append(numpy_helper.from_array(numpy.array([1]), "last_axis"))
    nodes = [
        helper.make_node("Log", ["counts"], ["log_counts"]),
        helper.make_node("Unsqueeze", ["log_counts", "last_axis"], ["log_counts_column"]),
    ]
    for node in graph.node:
        if "inner.encoder.embed_positions.weight" in node.input:
            sound, table = node.input
            nodes.append(helper.make_node("Gather", [sound, "tokens"], ["counted_tokens"], axis=1))
            nodes.append(helper.make_node("Gather", [table, "positions"], ["counted_positions"]))
            node.input[:] = ["counted_tokens", "counted_positions"]
            changed += 1
        if node.op_type == "Softmax":
            [scores] = node.input
            column = helper.get_node_attr_value(node, "axis") == 1  # That of the pool; else rows of attention.
            nodes.append(helper.make_node("Add", [scores, "log_counts_column" if column else "log_counts"], [scores + "_counted"]))
            node.input[:] = [scores + "_counted"]
            changed += 1
        nodes.append(node)
    if changed != 7:  # A length, a table of positions, four rows of attention and the pool.
        raise ValueError(f"{changed} places know the number of tokens, not 7: is it another model?")
    del graph.node[:]
    del graph.value_info[:]
    graph.node.extend(nodes)


def show_pooled(graph):
    [classifier] = [node for node in graph.node if "inner.classifier.0.bias" in node.input]
    graph.node.append(helper.make_node("Identity", [classifier.input[0]], ["pooled"]))
    graph.output.append(helper.make_tensor_value_info("pooled", TensorProto.FLOAT, ["s6", 384]))


if __name__ == "__main__":
    main(*sys.argv[1:3])
