"""Makes GPT-2 of 124 million random parameters as GGUF, in Q8_0 and Q4_0.

    python bench/make_gpt2_gguf.py FOLDER

Needs gguf (PyPI). Tokens are bytes and pairs of bytes, so that there are as many as GPT-2 has.
Those that are not ASCII, and the end of text, have embeddings of 0, so that they are never the
likeliest: wllama fails where a text ends within a character.
"""

import pathlib
import sys

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Q

WIDTH, LAYERS, HEADS, POSITIONS, VOCABULARY = 768, 12, 12, 4096, 50257


def letters():
    """The characters that byte-level vocabularies write bytes with."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spare = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(spare)) for byte in range(256)]


def pairs_of_bytes():
    order = sorted(range(256), key=lambda byte: (not chr(byte).isalpha() or byte > 127, byte))
    return [(a, b) for a in order for b in order][:VOCABULARY - 257]


def is_ascii():
    """Of each token, whether its bytes are ASCII."""
    flags = [byte < 128 for byte in range(256)]
    return np.array([*flags, *(a < 128 and b < 128 for a, b in pairs_of_bytes()), False])


def add_tokenizer(writer):
    alphabet = letters()
    pairs = [(alphabet[a], alphabet[b]) for a, b in pairs_of_bytes()]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(alphabet + [a + b for a, b in pairs] + ["<|endoftext|>"])
    writer.add_token_types([1] * (VOCABULARY - 1) + [3])
    writer.add_token_merges([f"{a} {b}" for a, b in pairs])
    writer.add_bos_token_id(VOCABULARY - 1)
    writer.add_eos_token_id(VOCABULARY - 1)


def write(path, kind):
    random = np.random.default_rng(124)
    writer = gguf.GGUFWriter(path, "gpt2")
    writer.add_context_length(POSITIONS)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(4 * WIDTH)
    writer.add_head_count(HEADS)
    writer.add_layer_norm_eps(1e-5)
    add_tokenizer(writer)

    def matrix(name, rows, columns, kept=1.0):
        values = (kept * random.normal(0, 0.02, (rows, columns))).astype(np.float32)
        writer.add_tensor(f"{name}.weight", gguf.quants.quantize(values, kind), raw_dtype=kind)

    def vector(name, size, mean=0.0):
        writer.add_tensor(name, (mean + random.normal(0, 0.02, size)).astype(np.float32))

    def linear(name, inputs, outputs):
        matrix(name, outputs, inputs)
        vector(f"{name}.bias", outputs)

    def norm(name):
        vector(f"{name}.weight", WIDTH, 1.0)
        vector(f"{name}.bias", WIDTH)

    matrix("token_embd", VOCABULARY, WIDTH, is_ascii()[:, None])
    positions = random.normal(0, 0.01, (POSITIONS, WIDTH)).astype(np.float32)
    writer.add_tensor("position_embd.weight", positions)
    norm("output_norm")
    for i in range(LAYERS):
        norm(f"blk.{i}.attn_norm")
        linear(f"blk.{i}.attn_qkv", WIDTH, 3 * WIDTH)
        linear(f"blk.{i}.attn_output", WIDTH, WIDTH)
        norm(f"blk.{i}.ffn_norm")
        linear(f"blk.{i}.ffn_up", WIDTH, 4 * WIDTH)
        linear(f"blk.{i}.ffn_down", 4 * WIDTH, WIDTH)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main(folder):
    for kind in (Q.Q8_0, Q.Q4_0):
        write(pathlib.Path(folder) / f"gpt2-{kind.name.lower()}.gguf", kind)


if __name__ == "__main__":
    main(sys.argv[1])
