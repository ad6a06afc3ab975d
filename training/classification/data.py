"""The data sets of the classifiers: how their files are read, and what their labels are.

Owns the tasks' differences as far as data goes. A row is (text, label) where whole texts are
classified and (words, label per word) where words are.
"""

import csv
import gzip
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

SENTIMENT = ["NEGATIVE", "POSITIVE"]
TOPICS = ["World", "Sports", "Business", "Sci/Tech"]
ENTITY_TYPES = ["corporation", "creative-work", "group", "location", "person", "product"]
ENTITIES = ["O"] + [f"{prefix}-{kind}" for kind in ENTITY_TYPES for prefix in "BI"]


@dataclass
class Task:
    """How a data set becomes rows; `labels` in the order of the model's outputs."""

    labels: list[str]
    read: Callable  # (folder, args, rng) -> rows by part: train, test and where there is one, held
    words: bool = False  # whether each word has a label


def open_text(path):
    opener = gzip.open if str(path).endswith(".gz") else open
    return opener(path, "rt", encoding="utf-8", newline="")


def read_labelled(path, labels: list[str]) -> list[tuple[str, int]]:
    """Rows of a .csv or .tsv file whose label is a name or a number; a heading line is skipped."""
    with open_text(path) as lines:
        if ".csv" in Path(path).name:
            fields = list(csv.reader(lines))
        else:
            fields = [line.rstrip("\r\n").split("\t") for line in lines]
    index = {name: at for at, name in enumerate(labels)}
    index.update((str(at), at) for at in range(len(labels)))
    if fields[0][1] not in index:
        fields = fields[1:]
    return [(text.strip(), index[label]) for text, label in fields]


def read_conll(path) -> list[tuple[list[str], list[str]]]:
    """Sentences of `word<TAB>tag` lines, apart by empty ones: (words, tags)."""
    sentences, words, tags = [], [], []
    with open_text(path) as lines:
        for line in [*lines, "\n"]:
            if line.strip():
                word, tag = line.rstrip("\r\n").split("\t")[:2]
                words.append(word)
                tags.append(tag)
            elif words:
                sentences.append((words, tags))
                words, tags = [], []
    return sentences


def spans(tags: list[str]) -> set[tuple[str, int, int]]:
    """Entities (type, first word, word behind the last) by the rules of conlleval.

    One begins at B-, and at I- behind another type or behind O.
    """
    found, kind, start = set(), None, 0
    for at, tag in enumerate([*tags, "O"]):
        if kind is not None and tag != f"I-{kind}":
            found.add((kind, start, at))
            kind = None
        if kind is None and tag != "O":
            kind, start = tag[2:], at
    return found


def hold_out(rows, count: int, rng: random.Random):
    """Splits off whole sentences to choose a model by: (remaining rows, held-out sentences).

    SST-2's training rows are mostly phrases of its sentences. A held-out sentence only measures
    anything when its phrases go too, so every row that is a piece of one is dropped.
    """
    sentences = sorted(row for row in set(rows) if row[0].endswith(" .") and row[0].count(" ") > 5)
    held = rng.sample(sentences, count)
    pieces = set()
    for text, _ in held:
        words = text.split()
        for start in range(len(words)):
            pieces.update(" ".join(words[start:end]) for end in range(start + 4, len(words) + 1))
    return [row for row in rows if row[0] not in pieces], held


def read_sentiment(folder: Path, args, rng: random.Random) -> dict:
    parts = ("train", "dev", "test")
    rows = {part: read_labelled(folder / f"{part}.tsv.gz", SENTIMENT) for part in parts}
    rows["train"], rows["held"] = hold_out(rows["train"], args.hold_out, rng)
    return rows


def read_texts(labels: list[str], suffix: str):
    """The reader of a data set that has a file to train and one to test with."""

    def read(folder: Path, args, rng: random.Random) -> dict:
        parts = ("train", "test")
        rows = {part: read_labelled(folder / f"{part}.{suffix}.gz", labels) for part in parts}
        order = rng.sample(rows["train"], len(rows["train"]))
        return {**rows, "held": order[: args.hold_out], "train": order[args.hold_out :]}

    return read


def read_entities(folder: Path, args, rng: random.Random) -> dict:
    """WNUT-17. With --hold-out 0 its development set is trained on too."""
    index = {name: at for at, name in enumerate(ENTITIES)}
    names = {"train": "wnut17train.conll.gz", "held": "emerging.dev.conll.gz",
             "test": "emerging.test.annotated.gz"}
    rows = {
        part: [(words, [index[tag] for tag in tags]) for words, tags in read_conll(folder / name)]
        for part, name in names.items()
    }
    if args.hold_out == 0:
        rows["train"] += rows.pop("held")
    return rows


def swap_mentions(rows, share: float, rng: random.Random):
    """The rows with a share of their entities replaced by others of the same type.

    The task is to find names never seen before: what surrounds one has to tell.
    """
    mentions = {}
    for words, labels in rows:
        for kind, start, end in sorted(spans([ENTITIES[label] for label in labels])):
            mentions.setdefault(kind, []).append((words[start:end], labels[start:end]))
    return [swap_in_row(words, labels, mentions, share, rng) for words, labels in rows]


def swap_in_row(words, labels, mentions: dict, share: float, rng: random.Random):
    words, labels = list(words), list(labels)
    found = sorted(spans([ENTITIES[label] for label in labels]), key=lambda span: -span[1])
    for kind, start, end in found:
        if rng.random() < share:
            words[start:end], labels[start:end] = rng.choice(mentions[kind])
    return words, labels


def intents(folder: Path) -> list[str]:
    """The 77 labels of Banking77 in the order of the alphabet."""
    with open_text(folder / "train.csv.gz") as lines:
        return sorted({row["category"] for row in csv.DictReader(lines)})


def task_named(name: str, folder: Path) -> Task:
    if name == "sentiment":
        return Task(SENTIMENT, read_sentiment)
    if name == "topics":
        return Task(TOPICS, read_texts(TOPICS, "tsv"))
    if name == "intents":
        labels = intents(folder)
        return Task(labels, read_texts(labels, "csv"))
    return Task(ENTITIES, read_entities, words=True)
