"""Makes a Llama of SmolLM-135M's shape with random weights, to measure with.

    python bench/make_smollm.py FOLDER

270 MB in bfloat16, as the model is published: width 576, 30 layers, 9 heads with 3 of keys and
values, 49,152 tokens, which the output layer shares. The tokenizer knows bytes and pairs of bytes.
Needs torch and safetensors (PyPI).
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import save_file

WIDTH, INNER, LAYERS, HEADS, KV_HEADS, VOCABULARY = 576, 1536, 30, 9, 3, 49_152
END = "<|endoftext|>"
CONFIG = dict(
    architectures=["LlamaForCausalLM"], model_type="llama", hidden_size=WIDTH,
    intermediate_size=INNER, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
    num_key_value_heads=KV_HEADS, vocab_size=VOCABULARY, max_position_embeddings=2048,
    hidden_act="silu", rms_norm_eps=1e-5, rope_theta=10_000.0, tie_word_embeddings=True,
    attention_bias=False, bos_token_id=0, eos_token_id=0, torch_dtype="bfloat16")


def letters():
    """The characters that byte-level vocabularies write bytes with."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spare = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(spare)) for byte in range(256)]


def write_tokenizer(folder):
    alphabet = letters()
    order = sorted(range(256), key=lambda byte: (not chr(byte).isalpha() or byte > 127, byte))
    pairs = [(alphabet[a], alphabet[b]) for a in order for b in order]
    pairs = pairs[:VOCABULARY - 257]
    vocabulary = [END, *alphabet, *(a + b for a, b in pairs)]
    level = dict(type="ByteLevel", add_prefix_space=False, trim_offsets=True, use_regex=True)
    added = dict(id=0, content=END, single_word=False, lstrip=False, rstrip=False,
                 normalized=False, special=True)
    (folder / "tokenizer.json").write_text(json.dumps(dict(
        version="1.0", truncation=None, padding=None, added_tokens=[added], normalizer=None,
        pre_tokenizer=level, post_processor=level, decoder=level,
        model=dict(type="BPE", dropout=None, unk_token=None, continuing_subword_prefix=None,
                   end_of_word_suffix=None, fuse_unk=False, byte_fallback=False,
                   vocab={token: i for i, token in enumerate(vocabulary)},
                   merges=[f"{a} {b}" for a, b in pairs]))))
    (folder / "tokenizer_config.json").write_text(json.dumps(dict(
        tokenizer_class="GPT2Tokenizer", bos_token=END, eos_token=END, unk_token=END,
        model_max_length=2048)))


def tensors():
    torch.manual_seed(135)
    drawn = lambda *shape: (torch.randn(shape) * 0.04).to(torch.bfloat16)
    ones = lambda: torch.ones(WIDTH, dtype=torch.bfloat16)
    keys = WIDTH // HEADS * KV_HEADS
    yield "model.embed_tokens.weight", drawn(VOCABULARY, WIDTH)
    yield "model.norm.weight", ones()
    for i in range(LAYERS):
        layer = f"model.layers.{i}."
        yield layer + "input_layernorm.weight", ones()
        yield layer + "post_attention_layernorm.weight", ones()
        for name, rows, columns in [("self_attn.q_proj", WIDTH, WIDTH),
                                    ("self_attn.k_proj", keys, WIDTH),
                                    ("self_attn.v_proj", keys, WIDTH),
                                    ("self_attn.o_proj", WIDTH, WIDTH),
                                    ("mlp.gate_proj", INNER, WIDTH),
                                    ("mlp.up_proj", INNER, WIDTH),
                                    ("mlp.down_proj", WIDTH, INNER)]:
            yield f"{layer}{name}.weight", drawn(rows, columns)


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    write_tokenizer(folder)
    save_file(dict(tensors()), folder / "model.safetensors", metadata=dict(format="pt"))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
