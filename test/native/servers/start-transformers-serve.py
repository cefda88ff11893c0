"""start-transformers-serve.py PORT: `transformers serve` with two models whose weights are made here, so that each says one sentence."""
import os
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
    WhisperProcessor,
    WhisperTokenizer,
)
from transformers.cli.transformers import main

template = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}<|answer|>"


def split_sentence(sentence):
    first, *others = sentence.split(" ")
    return [first, *("Ġ" + word for word in others)]


def make_vocabulary(names):
    return {name: number for number, name in enumerate([*sorted(pre_tokenizers.ByteLevel.alphabet()), *names])}


def write_chain(model, embeddings, output, vocabulary, chain):
    """Makes each token the cause of the next one: no layer adds anything, and the output looks up the successor."""
    for name, weight in model.named_parameters():
        if name.endswith(("o_proj.weight", "down_proj.weight", "out_proj.weight", "fc2.weight", "bias", "positions.weight")):
            weight.data.zero_()
    embeddings.weight.data = torch.eye(embeddings.num_embeddings)
    output.weight.data.zero_()
    for token, following in zip(chain, chain[1:]):
        output.weight.data[vocabulary[following], vocabulary[token]] = 10


def write_chat(folder, sentence):
    words = split_sentence(sentence)
    vocabulary = make_vocabulary([*words, "<|answer|>", "<|end|>"])
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|answer|>", "<|end|>"])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>", pad_token="<|end|>")
    fast.chat_template = template
    fast.save_pretrained(folder)
    size = len(vocabulary) + len(vocabulary) % 2
    end = vocabulary["<|end|>"]
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=size, hidden_size=size, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1,
            head_dim=8, max_position_embeddings=8192, eos_token_id=end, pad_token_id=end, bos_token_id=end
        )
    )
    write_chain(model, model.model.embed_tokens, model.lm_head, vocabulary, ["<|answer|>", *words, "<|end|>"])
    model.save_pretrained(folder)


def write_whisper(folder, sentence):
    words = split_sentence(sentence)
    vocabulary = make_vocabulary(words)
    marks = ["<|endoftext|>", "<|startoftranscript|>"]
    tokenizer = WhisperTokenizer(vocab=vocabulary, merges=[])
    tokenizer.add_special_tokens({"additional_special_tokens": marks})
    for mark in marks:
        vocabulary[mark] = tokenizer.convert_tokens_to_ids(mark)
    WhisperProcessor(WhisperFeatureExtractor(), tokenizer).save_pretrained(folder)
    size = len(vocabulary) + len(vocabulary) % 2
    end, start = (vocabulary[mark] for mark in marks)
    model = WhisperForConditionalGeneration(
        WhisperConfig(
            vocab_size=size, d_model=size, encoder_layers=1, decoder_layers=1, encoder_attention_heads=1,
            decoder_attention_heads=1, encoder_ffn_dim=8, decoder_ffn_dim=8, tie_word_embeddings=False,
            decoder_start_token_id=start, bos_token_id=end, eos_token_id=end, pad_token_id=end,
        )
    )
    write_chain(model, model.model.decoder.embed_tokens, model.proj_out, vocabulary, [marks[1], *words, marks[0]])
    model.save_pretrained(folder)


if __name__ == "__main__":
    os.chdir(tempfile.mkdtemp())
    write_chat("tiny-chat", "The sun is shining in the garden.")
    write_whisper("tiny-whisper", "Go forward ten meters.")
    # In this process: a stranger may not be able to start Python itself.
    sys.argv = ["transformers", "serve", "--host", "127.0.0.1", "--port", sys.argv[1], "--device", "cpu"]
    main()
