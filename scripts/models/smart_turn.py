"""Smart Turn with activations in float: models/smart-turn-v3.2/smart-turn.onnx from the wheel pipecat-ai 1.14.0.

    pip install onnx==1.23.2 && python scripts/models/smart_turn.py smart-turn-v3.2-cpu.onnx OUT.onnx && sha256sum OUT.onnx

As shipped, activations are int8, too: noise of 1e-6 in the sound moves the probability by up to 0.38. This leaves out each pair that
makes an activation int8 and float again; weights stay int8. SHA256SUMS in models says what OUT.onnx is.
"""

import sys

import onnx
from onnx import helper


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
    onnx.save(model, target)


if __name__ == "__main__":
    main(*sys.argv[1:3])
