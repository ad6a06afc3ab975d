"""Turns a trained Hugging Face folder into the folder that ships, int8 by default.

Owns which files a shipped model consists of and what its configuration says explicitly: nothing
is left to the defaults of one version of `transformers`.
"""

import argparse
import json
import shutil
from pathlib import Path

from transformers import BertConfig, MarianConfig

from .int8 import QUANTIZATION_CONFIG, quantize_state, read_folder, write_weights

TOKENIZER_FILES = {
    "marian": ("source.spm", "target.spm", "vocab.json", "tokenizer_config.json"),
    "bert": ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"),
}
CONFIG_CLASS = {"marian": MarianConfig, "bert": BertConfig}
CONFIG_KEYS = {
    "marian": (
        "architectures model_type vocab_size decoder_vocab_size d_model encoder_layers "
        "decoder_layers encoder_attention_heads decoder_attention_heads encoder_ffn_dim "
        "decoder_ffn_dim activation_function dropout attention_dropout activation_dropout "
        "encoder_layerdrop decoder_layerdrop init_std max_position_embeddings scale_embedding "
        "static_position_embeddings share_encoder_decoder_embeddings tie_word_embeddings "
        "is_encoder_decoder use_cache bos_token_id eos_token_id pad_token_id "
        "decoder_start_token_id forced_eos_token_id num_hidden_layers"
    ).split(),
    "bert": (
        "architectures model_type vocab_size hidden_size num_hidden_layers num_attention_heads "
        "intermediate_size hidden_act hidden_dropout_prob attention_probs_dropout_prob "
        "max_position_embeddings type_vocab_size initializer_range layer_norm_eps pad_token_id "
        "position_embedding_type use_cache classifier_dropout id2label label2id problem_type"
    ).split(),
}


def explicit_config(config: dict) -> dict:
    """All values of the architecture, those equal to a library default included."""
    kind = config["model_type"]
    values = CONFIG_CLASS[kind].from_dict(config).to_dict()
    return {key: values[key] for key in CONFIG_KEYS[kind]}


def generation_config(config: dict, length_penalty: float) -> dict:
    """Beam search as OPUS-MT models set it, with a length penalty tuned on the validation set."""
    pad = config["pad_token_id"]
    return {
        "bad_words_ids": [[pad]],
        "bos_token_id": config["bos_token_id"],
        "decoder_start_token_id": pad,
        "eos_token_id": config["eos_token_id"],
        "forced_eos_token_id": config["eos_token_id"],
        "length_penalty": length_penalty,
        "max_length": config["max_position_embeddings"],
        "num_beams": 4,
        "pad_token_id": pad,
    }


def write_json(path: Path, value: dict, **style) -> None:
    text = json.dumps(value, ensure_ascii=False, **(style or {"indent": 2}))
    path.write_text(text + "\n", encoding="utf-8")


def forget_training_length(folder: Path) -> None:
    """Removes the truncation that a tokenizer last used in training still carries when saved."""
    path = folder / "tokenizer.json"
    tokenizer = json.loads(path.read_text(encoding="utf-8"))
    # Without white space: half of an indented one is that.
    compact = {"separators": (",", ":")}
    write_json(path, {**tokenizer, "truncation": None, "padding": None}, **compact)
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    call_time = ("max_length", "stride", "truncation_strategy", "pad_to_multiple_of")
    write_json(path, {key: value for key, value in config.items() if key not in call_time})


def export(source: Path, target: Path, dtype: str, length_penalty: float) -> None:
    """Writes the folder `target` from the trained folder `source`."""
    config, state = read_folder(source)
    shipped = explicit_config(config)
    kind = shipped["model_type"]
    if dtype == "int8":
        state = quantize_state(state)
        shipped["quantization_config"] = QUANTIZATION_CONFIG
    elif dtype == "fp16":
        state = {name: tensor.half() for name, tensor in state.items()}
    shipped["torch_dtype"] = "float16" if dtype == "fp16" else "float32"
    target.mkdir(parents=True, exist_ok=True)
    write_json(target / "config.json", shipped)
    if kind == "marian":
        write_json(target / "generation_config.json", generation_config(shipped, length_penalty))
    for name in TOKENIZER_FILES[kind]:
        shutil.copyfile(source / name, target / name)
    if kind == "bert":
        forget_training_length(target)
    write_weights(state, target / "model.safetensors")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", help="trained folder with model.safetensors")
    parser.add_argument("target", help="folder to write")
    parser.add_argument("--dtype", choices=("int8", "fp32", "fp16"), default="int8")
    parser.add_argument("--length-penalty", type=float, default=1.0, help="translation only")
    args = parser.parse_args()
    export(Path(args.source), Path(args.target), args.dtype, args.length_penalty)
    size = sum(path.stat().st_size for path in Path(args.target).iterdir())
    print(f"{args.target}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
