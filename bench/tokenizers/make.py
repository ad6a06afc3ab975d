"""Texts and tokenizers of real size to measure with: make.py OUT [TEXTS] [TOKENIZERS]

TEXTS is a folder of .txt or .txt.gz, a line a text; without it lines are made of random words.
TOKENIZERS is a folder with a byte-level tokenizer in qwen2/ (vocab.json and merges.txt); without it
one of 50,000 tokens is trained on the texts. WordPiece is that of the shipped classifiers, and
Unigram has 250,000 pieces cut from words of the texts, behind the character map of the translator.
"""

import collections
import gzip
import json
import math
import random
import shutil
import sys
from pathlib import Path

from tokenizers import (
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import Qwen2TokenizerFast
from transformers.convert_slow_tokenizer import import_protobuf

MODELS = Path(__file__).resolve().parents[2] / "models"
UNIGRAM_PIECES = 250_000
LONGEST_PIECE = 16


def read_lines(path: Path) -> list[str]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        return [line.rstrip("\n") for line in lines]


def made_lines(count: int) -> list[str]:
    """Sentences of words made of syllables, a few of which are most of the text."""
    rng = random.Random(6)
    syllables = [a + b + c for a in "bdfgklmnprstvw" for b in "aeiou" for c in ("", "n", "r", "st")]
    words = ["".join(rng.choices(syllables, k=rng.randint(1, 4))) for _ in range(60_000)]
    weights = [1 / (rank + 3) for rank in range(len(words))]
    return [
        " ".join(rng.choices(words, weights, k=rng.randint(8, 30))).capitalize() + "."
        for _ in range(count)
    ]


def read_texts(folder: Path | None) -> dict[str, list[str]]:
    """English lines, and those of all languages (the same, where lines are made)."""
    if folder is None:
        lines = made_lines(20_000)
        return {"english": lines[:1000], "all": lines}
    files = sorted(folder.glob("*.txt*"))
    every = [line for path in files for line in read_lines(path)]
    english = [path for path in files if ".en." in path.name] or files[:1]
    return {"english": read_lines(english[0]), "all": every}


def save(tokenizer, folder: Path, kind: str) -> None:
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": kind}))


def make_word_piece(folder: Path) -> None:
    folder.mkdir()
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(MODELS / "dragoman-sentiment" / name, folder / name)


def make_byte_level(folder: Path, files: Path | None, lines: list[str]) -> None:
    if files is not None and (files / "qwen2").exists():
        Qwen2TokenizerFast.from_pretrained(files / "qwen2").save_pretrained(folder)
        return
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=50_000, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(lines, trainer)
    save(tokenizer, folder, "GPT2Tokenizer")


def pieces_of(lines: list[str]) -> list[tuple[str, float]]:
    """Every character, and the parts of words that would spare the most; by likelihood."""
    words = collections.Counter("▁" + word for line in lines for word in line.split())
    parts = collections.Counter()
    for word, count in words.items():
        for begin in range(len(word)):
            for end in range(begin + 1, min(len(word), begin + LONGEST_PIECE) + 1):
                parts[word[begin:end]] += count
    gain = sorted((-count * (len(part) - 1), part) for part, count in parts.items())
    chosen = [part for part in parts if len(part) == 1]
    chosen += [part for _, part in gain if len(part) > 1][: UNIGRAM_PIECES - len(chosen)]
    total = sum(parts[part] for part in chosen)
    scored = [(part, math.log(parts[part] / total)) for part in chosen]
    return sorted(scored, key=lambda piece: (-piece[1], piece))


def make_unigram(folder: Path, lines: list[str]) -> None:
    proto = import_protobuf().ModelProto()
    proto.ParseFromString((MODELS / "dragoman-en-fr" / "source.spm").read_bytes())
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    vocab = [(token, 0.0) for token in special] + pieces_of(lines)
    tokenizer = Tokenizer(models.Unigram(vocab, unk_id=3))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    save(tokenizer, folder, "XLMRobertaTokenizer")


def main() -> None:
    out, texts, files = (Path(text) if text else None for text in (sys.argv[1:] + ["", ""])[:3])
    lines = read_texts(texts)
    make_word_piece(out / "word-piece")
    make_byte_level(out / "byte-level", files, lines["all"])
    make_unigram(out / "unigram", lines["all"])
    some = {"english": lines["english"], "languages": lines["all"][::20]}
    (out / "texts.json").write_text(json.dumps(some, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
