"""xllamacpp.py PORT: llama.cpp's server with a model of two layers and random weights, which a grammar makes say one sentence."""
import pathlib
import sys
import tempfile
import threading

import gguf
import numpy
import xllamacpp

tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
kinds = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL] + 256 * [gguf.TokenType.BYTE]
size, heads = 64, 4


def write_model(path):
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(8192)
    writer.add_embedding_length(size)
    writer.add_block_count(2)
    writer.add_feed_forward_length(2 * size)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(size // heads)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant: ")
    random = numpy.random.default_rng(1)

    def add(name, *shape):
        writer.add_tensor(name, random.normal(0, 0.02, shape).astype(numpy.float32))

    add("token_embd.weight", len(tokens), size)
    add("output_norm.weight", size)
    add("output.weight", len(tokens), size)
    for layer in range(2):
        for name in ("attn_norm", "ffn_norm"):
            add(f"blk.{layer}.{name}.weight", size)
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            add(f"blk.{layer}.{name}.weight", size, size)
        for name in ("ffn_gate", "ffn_up"):
            add(f"blk.{layer}.{name}.weight", 2 * size, size)
        add(f"blk.{layer}.ffn_down.weight", size, 2 * size)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


path = pathlib.Path(tempfile.mkdtemp()) / "tiny.gguf"
write_model(path)
params = xllamacpp.CommonParams()
params.model.path = str(path)
params.model_alias = {"tiny"}
params.hostnames = ["127.0.0.1"]
params.port = int(sys.argv[1])
params.n_ctx = 8192
params.n_parallel = 1
params.cpuparams.n_threads = 1
params.api_keys = ["sk-tiny"]
say = 'root ::= "The sun is shining in the garden."'
params.sampling.grammar = xllamacpp.CommonGrammar(xllamacpp.common_grammar_type.COMMON_GRAMMAR_TYPE_USER, say)
server = xllamacpp.Server(params)
threading.Event().wait()
