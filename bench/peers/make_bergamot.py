"""Writes a Marian folder as Bergamot reads it: model.bin in float32 and vocab.spm.

    python3 make_bergamot.py MODEL OUTPUT

MODEL is a MarianMTModel with one vocabulary, its weights float or int8. Bergamot quantises the
float matrices itself when it loads them (`gemm-precision: int8shiftAll`). The layout is that of
Marian's own binary files, version 1 (src/common/binary.cpp there): a header a tensor, then names,
shapes and, aligned to 256 bytes, data. Matrices are [inputs, outputs] there.
"""

import json
import shutil
import struct
import sys
from pathlib import Path

import numpy as np
import sentencepiece
from safetensors.numpy import load_file

FLOAT32, INT8 = 0x404, 0x101
ATTENTION = (("q", "q_proj"), ("k", "k_proj"), ("v", "v_proj"), ("o", "out_proj"))
PARTS = {"self": "self_attn", "context": "encoder_attn"}


def read_weights(folder: Path) -> dict:
    """The tensors of the folder in float32."""
    state = load_file(folder / "model.safetensors")
    scales = {name: state.pop(name) for name in list(state) if name.endswith("_scale")}
    return {name: value.astype(np.float32) * scales.get(name + "_scale", np.float32(1))
            for name, value in state.items()}


def linear(state, source: str, weight: str, bias: str) -> dict:
    return {weight: state[source + ".weight"].T, bias: state[source + ".bias"][None]}


def norm(state, source: str, target: str) -> dict:
    return {f"{target}_ln_scale": state[source + ".weight"][None],
            f"{target}_ln_bias": state[source + ".bias"][None]}


def layer(state, source: str, target: str, attentions) -> dict:
    found = {}
    for part in attentions:
        inner, name = f"{source}.{PARTS[part]}", f"{target}_{part}"
        for letter, projection in ATTENTION:
            found |= linear(state, f"{inner}.{projection}", f"{name}_W{letter}",
                            f"{name}_b{letter}")
        found |= norm(state, f"{inner}_layer_norm", f"{name}_Wo")
    for number in (1, 2):
        found |= linear(state, f"{source}.fc{number}", f"{target}_ffn_W{number}",
                        f"{target}_ffn_b{number}")
    return found | norm(state, f"{source}.final_layer_norm", f"{target}_ffn_ffn")


def piece_order(folder: Path) -> list[int]:
    """For each piece of source.spm its row in the model's embeddings."""
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.spm"))
    rows = json.loads((folder / "vocab.json").read_text())
    pieces = [processor.id_to_piece(at) for at in range(processor.get_piece_size())]
    return [rows.get(piece, rows["<unk>"]) for piece in pieces]


def tensors_of(folder: Path, config: dict) -> dict:
    state = read_weights(folder)
    order = piece_order(folder)
    found = {"Wemb": state["model.shared.weight"][order],
             "decoder_ff_logit_out_b": state["final_logits_bias"].reshape(1, -1)[:, order]}
    for side, attentions in (("encoder", ("self",)), ("decoder", ("self", "context"))):
        for at in range(config[f"{side}_layers"]):
            found |= layer(state, f"model.{side}.layers.{at}", f"{side}_l{at + 1}", attentions)
    return found


def settings(config: dict, vocabulary: int) -> bytes:
    """Marian's description of the network, stored as one of the tensors."""
    options = {
        "type": "transformer", "version": "v1.10.0", "input-types": "[]",
        "dim-emb": config["d_model"], "dim-vocabs": f"[{vocabulary}, {vocabulary}]",
        "enc-depth": config["encoder_layers"], "dec-depth": config["decoder_layers"],
        "transformer-heads": config["encoder_attention_heads"],
        "transformer-dim-ffn": config["encoder_ffn_dim"], "transformer-ffn-depth": 2,
        "transformer-decoder-dim-ffn": config["decoder_ffn_dim"],
        "transformer-decoder-ffn-depth": 2,
        "transformer-ffn-activation": config["activation_function"],
        "transformer-aan-depth": 2, "transformer-aan-activation": "swish",
        "transformer-dim-aan": 2048, "transformer-aan-nogate": "false",
        "transformer-decoder-autoreg": "self-attention", "transformer-no-projection": "false",
        "transformer-no-affine": "false", "transformer-no-bias": "false",
        "transformer-preprocess": '""', "transformer-postprocess": "dan",
        "transformer-postprocess-emb": "d", "transformer-postprocess-top": '""',
        "transformer-tied-layers": "[]", "transformer-guided-alignment-layer": "last",
        "transformer-train-position-embeddings": "false", "transformer-depth-scaling": "false",
        "tied-embeddings": "false", "tied-embeddings-src": "false", "tied-embeddings-all": "true",
        "layer-normalization": "false", "right-left": "false", "skip": "false",
        "ulr": "false", "ulr-dim-emb": 0, "ulr-trainable-transformation": "false",
        "lemma-dim-emb": 0, "output-omit-bias": "false", "input-reorder": "[]",
    }
    text = "".join(f"{key}: {value}\n" for key, value in options.items())
    return text.encode() + b"\0"


def write_binary(path: Path, tensors: dict, description: bytes) -> None:
    items = [(name, FLOAT32, value.shape, np.ascontiguousarray(value, np.float32).tobytes())
             for name, value in tensors.items()]
    items.append(("special:model.yml", INT8, (len(description),), description))
    # Every tensor is aligned as its data is padded.
    padded = [data + b"\0" * (-len(data) % 256) for *_, data in items]
    names = [name.encode() + b"\0" for name, *_ in items]
    out = bytearray(struct.pack("<QQ", 1, len(items)))
    for (_, kind, shape, _), name, data in zip(items, names, padded):
        out += struct.pack("<QQQQ", len(name), kind, len(shape), len(data))
    out += b"".join(names)
    for _, _, shape, _ in items:
        out += struct.pack(f"<{len(shape)}i", *shape)
    gap = -(len(out) + 8) % 256
    out += struct.pack("<Q", gap) + b"\0" * gap
    path.write_bytes(out + b"".join(padded))


def convert(folder: Path, output: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    output.mkdir(parents=True, exist_ok=True)
    tensors = tensors_of(folder, config)
    write_binary(output / "model.bin", tensors, settings(config, len(tensors["Wemb"])))
    shutil.copyfile(folder / "source.spm", output / "vocab.spm")


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
