"""Makes tests/golden/checkpoints: the same tiny random weights in every form that models are
published in.

    python tests/golden/make_checkpoints.py

Needs transformers 4.57 and torch 2. Folders hold weights and config.json; the tokenizers are those
of tests/golden/tasks. Storages of the old format are named after addresses in memory, so that those
files differ from run to run.
"""

import json
import pathlib
import shutil

import torch
from transformers import BertConfig, BertForSequenceClassification, MarianConfig, MarianMTModel

GOLDEN = pathlib.Path(__file__).parent
TARGET = GOLDEN / "checkpoints"


def config_of(kind, task, **sizes):
    settings = json.loads((GOLDEN / "tasks" / task / "config.json").read_text())
    return kind(**{**settings, **sizes})


def randomised(model):
    """Weights large enough that attention and outputs differ from token to token."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.4)
    return model.eval()


def fuse(state, names):
    """Makes the matrices of `names` views of one storage."""
    storage = torch.cat([state[name] for name in names])
    rows = state[names[0]].shape[0]
    for i, name in enumerate(names):
        state[name] = storage[i * rows:(i + 1) * rows]


def odd_views(state):
    """Tensors as torch may leave them: parts of one storage, columns of a wider one, transposed."""
    attention = "model.encoder.layers.0.self_attn."
    fuse(state, [attention + part + "_proj.weight" for part in "qkv"])
    fc1, fc2 = (f"model.encoder.layers.0.{name}.weight" for name in ("fc1", "fc2"))
    state[fc1] = state[fc1].t().contiguous().t()
    wide = torch.cat([torch.full_like(state[fc2], 7.0), state[fc2]], dim=1)
    state[fc2] = wide[:, state[fc2].shape[1]:]
    biases = torch.zeros(3 * 8)
    for i, part in enumerate("qkv"):
        name = attention + part + "_proj.bias"
        biases[i::3] = state[name]
        state[name] = biases[i::3]
    return state


def save_forms(model, folder, dtype):
    """model.safetensors, pytorch_model.bin."""
    folder.mkdir()
    model.to(dtype).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    torch.save(model.state_dict(), folder / "pytorch_model.bin")


def make_marian():
    config = config_of(MarianConfig, "marian", d_model=8, encoder_layers=1, decoder_layers=1,
                       encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=12,
                       decoder_ffn_dim=12)
    model = randomised(MarianMTModel(config))
    for name, dtype in (("f16", torch.float16), ("bf16", torch.bfloat16)):
        save_forms(randomised(MarianMTModel(config)), TARGET / f"marian-{name}", dtype)
    whole = TARGET / "marian"
    save_forms(model, whole, torch.float32)
    state = odd_views(dict(model.state_dict()))
    torch.save(state, whole / "views.bin")
    torch.save(state, whole / "legacy.bin", _use_new_zipfile_serialization=False)
    for safe, name in ((True, "safetensors"), (False, "bin")):
        shards = TARGET / f"marian-shards-{name}"
        model.save_pretrained(shards, safe_serialization=safe, max_shard_size="4KB")
        (shards / "generation_config.json").unlink()


def make_bert():
    config = config_of(BertConfig, "bert", hidden_size=8, num_hidden_layers=1,
                       num_attention_heads=2, intermediate_size=12)
    model = randomised(BertForSequenceClassification(config))
    folder = TARGET / "bert"
    save_forms(model, folder, torch.float32)
    # As older versions of transformers publish it: with indices that nobody learns, and with
    # parameters where they now have tensors.
    state = {"bert.embeddings.position_ids": torch.arange(config.max_position_embeddings)[None]}
    state |= {name: torch.nn.Parameter(value) for name, value in model.state_dict().items()}
    torch.save(state, folder / "pytorch_model.bin", pickle_protocol=4)


def main():
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir()
    make_marian()
    make_bert()


if __name__ == "__main__":
    main()
