"""Makes the tiny random GGUF files of tests/golden/gguf, with what Python computes for them.

    python tests/golden/make_gguf.py            # all
    python tests/golden/make_gguf.py llama-q4_0

Needs gguf, transformers, torch, tokenizers, sentencepiece. For each NAME there are

  NAME.gguf   written by the package gguf, in the layout of llama.cpp's converter
  NAME.json   ids and logits per position, of the weights as they are after quantisation; texts
              and their ids by the tokenizer that the file was made of; a prompt, and the tokens
              that greedy search adds to it ("generated")
"""

import io
import json
import pathlib
import sys
import tempfile

import gguf
import numpy as np
import sentencepiece
import tokenizers
import torch
from gguf import GGMLQuantizationType as Q
from transformers import AutoModelForCausalLM, CONFIG_MAPPING, LlamaTokenizerFast

FOLDER = pathlib.Path(__file__).parent / "gguf"
TEXT = ("the rain in the north and the wind in the south came over the sea to the house by the "
        "river, where nobody had seen 1234 of them before; it's what we'd say, isn't it? ")
TEXTS = ["the rain in the north", "", " It's  1234\n\nof them, là-bas 😀!",
         "<|end|>the sea<|end|>", "they'd say:\twhat? 漢字", "<s> no </s>"]
PROMPTS = ["the rain in the north", "the wind in the south", "nobody had seen", "the house by",
           "the river", "it's what we'd say", "over the sea", "1234 of them"]
LLAMA3 = dict(rope_type="llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=16)
SMALL = dict(hidden_size=64, num_attention_heads=4, num_key_value_heads=2, num_hidden_layers=2,
             intermediate_size=96, max_position_embeddings=48)
# name: (model type, configuration, types of matrices by the end of their name, tokenizer)
MODELS = {
    "gpt2-q8_0": ("gpt2", dict(n_embd=64, n_head=2, n_layer=1, n_positions=40),
                  {"": Q.Q8_0, "position_embd": Q.F32}, "bpe"),
    "gpt2-q4_0": ("gpt2", dict(n_embd=64, n_head=2, n_layer=1, n_positions=40),
                  {"": Q.Q4_0, "token_embd": Q.Q8_0, "position_embd": Q.F32}, "bpe"),
    "llama-f16": ("llama", dict(SMALL, hidden_size=32, num_hidden_layers=1), {"": Q.F16}, "spm"),
    "llama-q4_0": ("llama", dict(SMALL, rope_theta=500.0), {"": Q.Q4_0, "token_embd": Q.Q8_0,
                                                            "output": Q.Q8_0}, "spm"),
    "llama-k": ("llama", dict(SMALL, hidden_size=256, head_dim=32, intermediate_size=64,
                              num_attention_heads=2, num_key_value_heads=1,
                              rope_scaling=LLAMA3, rope_theta=500.0,
                              attention_bias=True, tie_word_embeddings=True),
                {"": Q.Q4_K, "attn_v": Q.Q6_K, "attn_k": Q.Q5_K, "token_embd": Q.Q6_K,
                 "0.attn_output": Q.Q5_1, "1.attn_output": Q.BF16, "0.ffn_down": Q.Q5_0,
                 "1.ffn_down": Q.Q4_1}, "bpe"),
    "qwen2-q8_0": ("qwen2", dict(SMALL, tie_word_embeddings=True), {"": Q.Q8_0}, "bpe"),
    "qwen3-f16": ("qwen3", dict(SMALL, hidden_size=32, head_dim=16, num_hidden_layers=1),
                  {"": Q.F16}, "bpe"),
    "gemma-f16": ("gemma", dict(SMALL, hidden_size=32, head_dim=16, num_hidden_layers=1),
                  {"": Q.F16}, "spm"),
}
PRE = {"gpt2": "gpt-2", "llama": "llama-bpe", "qwen2": "qwen2", "qwen3": "qwen2"}
PARTS = {
    "gpt2": {"attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output", "mlp.c_fc": "ffn_up",
             "mlp.c_proj": "ffn_down", "ln_1": "attn_norm", "ln_2": "ffn_norm"},
    "llama": {"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
              "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
              "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
              "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
              "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm"},
}
WHOLE = {"wte": "token_embd", "wpe": "position_embd", "ln_f": "output_norm",
         "embed_tokens": "token_embd", "norm": "output_norm", "lm_head": "output"}


def published_name(name):
    name = name.removeprefix("transformer.").removeprefix("model.")
    stem, end = name.rsplit(".", 1)
    if stem in WHOLE:
        return f"{WHOLE[stem]}.{end}"
    _, layer, part = stem.split(".", 2)
    table = PARTS["gpt2" if name.startswith("h.") else "llama"]
    return f"blk.{layer}.{table[part]}.{end}"


def interleaved(rows, heads):
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:]).swapaxes(
        1, 2).reshape(rows.shape)


def in_order(rows, heads):
    return rows.reshape(heads, rows.shape[0] // heads // 2, 2, *rows.shape[1:]).swapaxes(
        1, 2).reshape(rows.shape)


def quantised(values, kind, random):
    if kind not in (Q.Q4_K, Q.Q5_K, Q.Q6_K):
        return gguf.quants.quantize(values, kind)
    # The package only reads these, so blocks are drawn: any bytes are one, given small scales.
    block, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = random.integers(0, 256, (values.size // block, size), dtype=np.uint8)
    scale = np.float16(1e-3 / np.sqrt(values.shape[-1] / 256))
    halves = [208] if kind == Q.Q6_K else [0, 2]
    for at in halves:
        factor = random.uniform(0.5, 1.5, len(blocks)) * (0.02 if kind == Q.Q6_K else 1.0)
        if at == 2:
            factor *= 8
        numbers = (scale * factor).astype(np.float16)
        blocks[:, at:at + 2] = numbers.view(np.uint8).reshape(-1, 2)
    return blocks.reshape(values.shape[0], -1)


def randomise(model, random):
    offset = 0.0 if model.config.model_type == "gemma" else 1.0
    for name, tensor in model.named_parameters():
        mean, std = 0.0, 1.0 / np.sqrt(tensor.shape[-1])
        if "norm" in name or ".ln_" in name:
            mean, std = (offset if name.endswith("weight") else 0.0), 0.3
        elif name.endswith("bias"):
            std = 0.2
        elif "wpe" in name:
            std = 1.0
        tensor.copy_(torch.from_numpy(random.normal(mean, std, tensor.shape).astype(np.float32)))


def write_tensors(writer, model, kinds, random):
    """Adds the tensors, and puts into the model what they are worth after quantisation."""
    config = model.config
    for name, tensor in model.named_parameters():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        target = published_name(name)
        values = tensor.numpy().copy()
        transposed = config.model_type == "gpt2" and values.ndim == 2 and "c_" in name
        heads = 0
        if config.model_type == "llama" and "q_proj" in name:
            heads = config.num_attention_heads
        if config.model_type == "llama" and "k_proj" in name:
            heads = config.num_key_value_heads
        shift = config.model_type == "gemma" and "norm" in name
        if transposed:
            values = values.T.copy()
        if heads:
            values = interleaved(values, heads)
        if values.ndim == 1:
            stored = values = values + np.float32(1) if shift else values
            writer.add_tensor(target, values)
        else:
            stem = target.removesuffix(".weight")
            kind = next(kinds[end] for end in sorted(kinds, key=len, reverse=True)
                        if stem.endswith(end))
            data = quantised(values, kind, random)
            writer.add_tensor(target, data, raw_dtype=kind)
            stored = gguf.quants.dequantize(data, kind).astype(np.float32)
        if heads:
            stored = in_order(stored, heads)
        if shift:
            stored = stored - np.float32(1)
        if transposed:
            stored = stored.T
        tensor.copy_(torch.from_numpy(np.ascontiguousarray(stored)))


def write_config(writer, config):
    gpt2 = config.model_type == "gpt2"
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(4 * config.n_embd if gpt2 else config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    if gpt2:
        writer.add_layer_norm_eps(config.layer_norm_epsilon)
        return
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_theta)
    dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_rope_dimension_count(dim)
    writer.add_key_length(dim)
    writer.add_value_length(dim)
    if getattr(config, "rope_scaling", None):
        writer.add_tensor("rope_freqs.weight", divisors(config, dim))


def divisors(config, dim):
    """As llama.cpp's converter works them out of the scaling of Llama 3."""
    given = config.rope_scaling
    frequencies = 1.0 / config.rope_theta ** (np.arange(0, dim, 2, dtype=np.float32) / dim)
    low = given["original_max_position_embeddings"] / given["low_freq_factor"]
    high = given["original_max_position_embeddings"] / given["high_freq_factor"]
    result = []
    for length in 2 * np.pi / frequencies:
        if length < high:
            result.append(1.0)
        elif length > low:
            result.append(given["factor"])
        else:
            smooth = ((given["original_max_position_embeddings"] / length -
                       given["low_freq_factor"]) /
                      (given["high_freq_factor"] - given["low_freq_factor"]))
            result.append(1 / ((1 - smooth) / given["factor"] + smooth))
    return np.array(result, dtype=np.float32)


def byte_tokenizer(pre):
    """A byte-level tokenizer as the family has it."""
    from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers
    tokenizer = tokenizers.Tokenizer(models.BPE(ignore_merges=pre == "llama-bpe"))
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=pre == "gpt-2")
    patterns = {"llama-bpe": r"\p{N}{1,3}", "qwen2": r"\p{N}"}
    if pre in patterns:
        regex = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|" + patterns[pre] +
                 r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
        split = pre_tokenizers.Split(tokenizers.Regex(regex), "isolated")
        byte_level = pre_tokenizers.Sequence([split, byte_level])
    if pre == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = byte_level
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator([TEXT] * 3, trainers.BpeTrainer(
        vocab_size=288, special_tokens=["<|end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    if pre == "llama-bpe":
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<|end|> $A", pair="<|end|> $A <|end|>:1 $B:1", special_tokens=[("<|end|>", 0)])
    return tokenizer


def write_bytes(writer, pre):
    tokenizer = byte_tokenizer(pre)
    model = json.loads(tokenizer.to_str())["model"]
    vocabulary = sorted(model["vocab"], key=model["vocab"].get)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(vocabulary)
    writer.add_token_types([3 if token == "<|end|>" else 1 for token in vocabulary])
    writer.add_token_merges([" ".join(pair) for pair in model["merges"]])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    return len(vocabulary), lambda text: tokenizer.encode(text).ids, tokenizer.decode


def write_pieces(writer):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([TEXT] * 3), model_writer=model, vocab_size=300, model_type="bpe",
        byte_fallback=True, add_dummy_prefix=True, remove_extra_whitespaces=False,
        normalization_rule_name="identity", minloglevel=2)
    spm = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    kinds = []
    for i in range(spm.vocab_size()):
        kinds.append(2 if spm.is_unknown(i) else 3 if spm.is_control(i)
                     else 6 if spm.is_byte(i) else 1)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([spm.id_to_piece(i) for i in range(spm.vocab_size())])
    writer.add_token_scores([spm.get_score(i) for i in range(spm.vocab_size())])
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(True)
    writer.add_chat_template("{% for m in messages %}{{ m.content }}{% endfor %}")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "tokenizer.model"
        path.write_bytes(model.getvalue())
        fast = LlamaTokenizerFast(vocab_file=str(path), legacy=True, add_prefix_space=True)
    return (spm.vocab_size(), lambda text: fast(text)["input_ids"],
            lambda ids: fast.decode(ids, skip_special_tokens=True))


def continuation(model, encode, count=12, clear=1e-3):
    """The first prompt whose next tokens are each likelier than all others by a clear margin."""
    for prompt in PROMPTS:
        ids = encode(prompt)
        new = []
        while len(new) < count:
            best = model(torch.tensor([ids + new])).logits[0, -1].topk(2)
            if best.values[0] - best.values[1] < clear or best.indices[0] < 3:
                break  # ends and other special tokens come first in the vocabularies
            new.append(int(best.indices[0]))
        if len(new) == count:
            return dict(prompt=prompt, tokens=new)
    raise SystemExit("no prompt will do")


def make(name, kind, given, kinds, words):
    random = np.random.default_rng(sum(name.encode()))
    path = FOLDER / f"{name}.gguf"
    writer = gguf.GGUFWriter(path, kind)
    vocab, encode, decode = write_bytes(writer, PRE[kind]) if words == "bpe" else write_pieces(
        writer)
    config = CONFIG_MAPPING[kind](vocab_size=vocab, bos_token_id=0, eos_token_id=0, pad_token_id=0,
                                  attn_implementation="eager", **given)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").eval()
    with torch.no_grad():
        randomise(model, random)
        write_config(writer, config)
        write_tensors(writer, model, kinds, random)
        model.tie_weights()
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        cases = []
        for length in (1, 17):
            ids = random.integers(1, vocab, length)
            logits = model(torch.from_numpy(ids)[None]).logits[0].tolist()
            cases.append(dict(ids=ids.tolist(), logits=[[round(x, 5) for x in row[:40]]
                                                        for row in logits]))
    texts = [dict(text=text, ids=encode(text), decoded=decode(encode(text))) for text in TEXTS]
    with torch.no_grad():
        generated = continuation(model, encode)
    result = dict(cases=cases, texts=texts, generated=generated)
    (FOLDER / f"{name}.json").write_text(json.dumps(result) + "\n")


def main(wanted):
    torch.set_num_threads(1)
    FOLDER.mkdir(exist_ok=True)
    for name, description in MODELS.items():
        if not wanted or name in wanted:
            print(name, flush=True)
            make(name, *description)


if __name__ == "__main__":
    main(sys.argv[1:])
