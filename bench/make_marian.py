"""Makes a Marian model of opus-mt-en-fr's shape with random weights, to measure with.

    python3 bench/make_marian.py FOLDER [--format bin|safetensors]

300 MB in float32: width 512, 6 + 6 layers, 59,514 pieces. The tokenizer knows little more than
single letters, which is enough for text to go in and out. Needs transformers, torch and
sentencepiece (PyPI).
"""

import argparse
import io
import json
from pathlib import Path

import sentencepiece
import torch
from transformers import MarianConfig, MarianMTModel

VOCABULARY = 59_514


def write_tokenizer(folder: Path) -> None:
    """A few short pieces; the rest of the vocabulary are names that no text yields."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["the quick brown fox jumps over the lazy dog"] * 10),
        model_writer=model,
        vocab_size=64,
        model_type="unigram",
        hard_vocab_limit=False,
        minloglevel=1,
    )
    pieces = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    names = [pieces.id_to_piece(at) for at in range(pieces.get_piece_size())]
    known = ["</s>", "<unk>"] + [name for name in names if not name.startswith("<")]
    unused = [f"unused{at}" for at in range(VOCABULARY - 1 - len(known))]
    table = {name: at for at, name in enumerate(known + unused + ["<pad>"])}
    (folder / "vocab.json").write_text(json.dumps(table))
    for name in ("source.spm", "target.spm"):
        (folder / name).write_bytes(model.getvalue())


def make_model(weights: str, folder: Path) -> None:
    torch.manual_seed(1)
    config = MarianConfig(
        vocab_size=VOCABULARY,
        decoder_vocab_size=VOCABULARY,
        d_model=512,
        encoder_layers=6,
        decoder_layers=6,
        encoder_attention_heads=8,
        decoder_attention_heads=8,
        encoder_ffn_dim=2048,
        decoder_ffn_dim=2048,
        activation_function="swish",
        scale_embedding=True,
        max_position_embeddings=512,
        pad_token_id=VOCABULARY - 1,
        decoder_start_token_id=VOCABULARY - 1,
        eos_token_id=0,
        forced_eos_token_id=0,
    )
    model = MarianMTModel(config).eval()
    model.save_pretrained(folder, safe_serialization=weights == "safetensors")
    write_tokenizer(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--format", choices=("bin", "safetensors"), default="bin")
    args = parser.parse_args()
    make_model(args.format, args.folder)


if __name__ == "__main__":
    main()
