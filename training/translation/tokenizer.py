"""Builds the joint SentencePiece vocabulary and the tokenizer files of the translation model.

Owns the shape of `source.spm`, `target.spm`, `vocab.json` and `tokenizer_config.json`, which is
that of the OPUS-MT models, so that `MarianTokenizer` and Dragoman read them alike: `</s>` is 0,
`<unk>` 1, then the pieces, and `<pad>` last.
"""

import argparse
import io
import json
from pathlib import Path

import sentencepiece

from .data import read_pairs

VOCABULARY = 8000
# Of the published values, one that leaves most words whole.
SAMPLING_ALPHA = 0.3


def train_pieces(pairs: list[tuple[str, str]]) -> bytes:
    """Trains one unigram model on both languages; returns the .spm file's bytes."""
    # A sentence with five translations must not count five times, hence the sets.
    lines = sorted({source for source, _ in pairs}) + sorted({target for _, target in pairs})
    # Written to memory: a model trained to a file would carry that file's path inside.
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=model,
        vocab_size=VOCABULARY,
        model_type="unigram",
        normalization_rule_name="nmt_nfkc",
        character_coverage=1.0,
        byte_fallback=False,
        num_threads=2,
        minloglevel=1,
    )
    return model.getvalue()


def write_tokenizer(pairs: list[tuple[str, str]], folder: Path) -> None:
    """Writes the four tokenizer files to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    model = train_pieces(pairs)
    spm = sentencepiece.SentencePieceProcessor(model_proto=model)
    pieces = [spm.id_to_piece(at) for at in range(spm.get_piece_size())]
    ordinary = [p for at, p in enumerate(pieces) if not (spm.is_control(at) or spm.is_unknown(at))]
    vocabulary = ["</s>", "<unk>", *ordinary, "<pad>"]
    table = {piece: at for at, piece in enumerate(vocabulary)}
    text = json.dumps(table, ensure_ascii=False, indent=0)
    (folder / "vocab.json").write_text(text + "\n", encoding="utf-8")
    for name in ("source.spm", "target.spm"):
        (folder / name).write_bytes(model)
    config = {
        "source_lang": "en",
        "target_lang": "fr",
        "unk_token": "<unk>",
        "eos_token": "</s>",
        "pad_token": "<pad>",
        "model_max_length": 512,
        "sp_model_kwargs": {},
        "separate_vocabs": False,
        "tokenizer_class": "MarianTokenizer",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")


class Codec:
    """Text to ids and back, as MarianTokenizer does it but without its overhead."""

    def __init__(self, folder: Path):
        self.spm = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.spm"))
        self.table = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
        self.pieces = list(self.table)
        self.eos = self.table["</s>"]
        self.unk = self.table["<unk>"]
        self.pad = self.table["<pad>"]

    def encode(self, text: str) -> list[int]:
        """Ids without the closing `</s>`."""
        return [self.table.get(p, self.unk) for p in self.spm.encode(text, out_type=str)]

    def seed(self, value: int) -> None:
        """Makes what `sample` gives from here on repeatable."""
        sentencepiece.set_random_generator_seed(value & 0xFFFFFFFF)

    def sample(self, text: str) -> list[int]:
        """Like `encode`, in pieces drawn at random (Kudo, "Subword Regularization", 2018)."""
        pieces = self.spm.encode(
            text, out_type=str, enable_sampling=True, alpha=SAMPLING_ALPHA, nbest_size=-1
        )
        return [self.table.get(p, self.unk) for p in pieces]

    def decode(self, ids: list[int]) -> str:
        special = (self.eos, self.pad)
        return self.spm.decode_pieces([self.pieces[i] for i in ids if i not in special])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", required=True, help="source<TAB>target lines, gzip")
    parser.add_argument("--output", required=True, help="folder for the tokenizer files")
    args = parser.parse_args()
    write_tokenizer(read_pairs(Path(args.train)), Path(args.output))


if __name__ == "__main__":
    main()
