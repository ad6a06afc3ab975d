"""Training examples: sentence pairs, their variations, and batches of similar length.

Owns everything random about the data. An epoch is a function of (seed, epoch) alone, so that an
interrupted training resumes at the very batch where it stopped.
"""

import collections
import gzip
import random
from pathlib import Path

import numpy as np
import torch

from .align import aligned

# Shares of an epoch. Concatenations teach the model texts of several sentences; the variations
# teach it captions and headlines, which lack the capital or the full stop of Tatoeba's sentences.
CONCATENATIONS = 0.13
NO_FINAL_STOP = 0.05
SMALL_INITIAL = 0.04


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """Lines `source<TAB>target` of a gzip file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    return [(row[0], row[1]) for row in rows if len(row) >= 2 and row[0] and row[1]]


def usually_small(texts: list[str]) -> set[str]:
    """Words that stand in small letters more often than with a capital inside sentences."""
    counts = collections.Counter(word for text in texts for word in text.split()[1:])
    return {w for w, n in counts.items() if w[0].islower() and n > counts[w.capitalize()]}


class Variations:
    """Rare rewritings applied to both sides of a pair at once."""

    def __init__(self, pairs: list[tuple[str, str]]):
        self.small = tuple(usually_small([pair[side] for pair in pairs]) for side in (0, 1))

    def apply(self, pair: tuple[str, str], rng: random.Random) -> tuple[str, str] | None:
        """The varied pair, or None where this draw or this pair gives no variation."""
        draw = rng.random()
        if draw < NO_FINAL_STOP:
            return self.without_stop(pair)
        if draw < NO_FINAL_STOP + SMALL_INITIAL:
            return self.with_small_initial(pair)
        return None

    @staticmethod
    def without_stop(pair: tuple[str, str]) -> tuple[str, str] | None:
        source, target = pair
        same = source[-1] == target[-1] and source[-1] in ".!"
        if not same or source.endswith("..") or min(len(source), len(target)) < 4:
            return None
        return source[:-1].rstrip(), target[:-1].rstrip()

    def with_small_initial(self, pair: tuple[str, str]) -> tuple[str, str] | None:
        heads = [text.split(maxsplit=1)[0] for text in pair]
        lowered = [head[0].lower() + head[1:] for head in heads]
        if any(word not in known for word, known in zip(lowered, self.small)):
            return None
        return tuple(text[0].lower() + text[1:] for text in pair)


class Corpus:
    """All pairs as ids, and the batches of any epoch."""

    def __init__(self, pairs, codec, batch_tokens: int, seed: int, cache: Path, longest=120,
                 sampling: float = 0.0):
        """`sampling`: share of the examples that are cut into pieces at random."""
        self.codec = codec
        self.batch_tokens = batch_tokens
        self.seed = seed
        self.longest = longest
        self.sampling = sampling
        ids = [(codec.encode(source), codec.encode(target)) for source, target in pairs]
        kept = [at for at, (s, t) in enumerate(ids) if max(len(s), len(t)) < longest]
        self.pairs = [pairs[at] for at in kept]
        self.ids = [ids[at] for at in kept]
        self.alignments = aligned(self.ids, len(codec.table), cache)
        self.variations = Variations(self.pairs)

    def epoch(self, number: int) -> list[list[tuple]]:
        """Batches of examples in random order.

        An example is (source ids, target ids, alignment), neither with `</s>`; the alignment is
        [target length, source length], or None.
        """
        rng = random.Random(self.seed * 1_000_003 + number)
        self.codec.seed(self.seed * 1_000_003 + number)
        examples = [self.varied(at, rng) for at in range(len(self.ids))]
        joined = (self.concatenated(rng) for _ in range(int(CONCATENATIONS * len(self.ids))))
        examples += [each for each in joined if max(map(len, each[:2])) < self.longest]
        return self.batches(examples, rng)

    def varied(self, at: int, rng: random.Random) -> tuple:
        pair = self.variations.apply(self.pairs[at], rng)
        if rng.random() < self.sampling:
            # Its alignment would be one of other pieces, so nothing guides the attention here.
            source, target = (self.codec.sample(text) for text in pair or self.pairs[at])
            return source[: self.longest], target[: self.longest], None
        if pair:
            return self.codec.encode(pair[0]), self.codec.encode(pair[1]), None
        return *self.ids[at], self.alignments[at]

    def concatenated(self, rng: random.Random) -> tuple:
        # Pieces never cross a space, so joining ids is the same as encoding the joined text.
        chosen = [rng.randrange(len(self.ids)) for _ in range(rng.choice((2, 2, 3)))]
        source, target = ([i for at in chosen for i in self.ids[at][side]] for side in (0, 1))
        alignment = np.zeros((len(target), len(source)), np.float16)
        row = column = 0
        for at in chosen:
            height, width = self.alignments[at].shape
            alignment[row : row + height, column : column + width] = self.alignments[at]
            row, column = row + height, column + width
        return source, target, alignment

    def batches(self, examples, rng: random.Random):
        """Cuts into batches of at most `batch_tokens` padded target tokens.

        Sources of one batch mostly have one exact length: the encoder then needs neither padding
        nor a mask, which is where the training step saves its time.
        """
        examples.sort(key=lambda pair: (len(pair[0]), len(pair[1]) + rng.uniform(0, 2)))
        batches, batch, width = [], [], 0
        for pair in examples:
            wider = max(width, len(pair[1]) + 1)
            full = wider * (len(batch) + 1) > self.batch_tokens
            new_length = batch and len(pair[0]) != len(batch[0][0])
            if batch and (full or (new_length and wider * len(batch) > self.batch_tokens // 2)):
                batches.append(batch)
                batch, wider = [], len(pair[1]) + 1
            batch.append(pair)
            width = wider
        batches.append(batch)
        rng.shuffle(batches)
        return batches


def collate(batch, codec) -> dict[str, torch.Tensor | None]:
    """Tensors of a batch.

    source [batch, source_length], ending in `</s>`; source_mask of the same shape, True on real
    tokens, or None without padding; inputs and labels [batch, target_length], inputs shifted
    right behind `<pad>`, which is the decoder's start token, labels ending in `</s>`; alignment
    [batch, target_length, source_length], rows summing to 1, or to 0 where there is none.
    """
    source_length = max(len(each[0]) for each in batch) + 1
    target_length = max(len(each[1]) for each in batch) + 1
    pad, eos = codec.pad, codec.eos
    source = [s + [eos] + [pad] * (source_length - len(s) - 1) for s, *_ in batch]
    labels = [t + [eos] + [pad] * (target_length - len(t) - 1) for _, t, *_ in batch]
    inputs = [[pad] + row[:-1] for row in labels]
    tensor = torch.tensor(source)
    mask = tensor != pad
    return {
        "source": tensor,
        "source_mask": None if bool(mask.all()) else mask,
        "inputs": torch.tensor(inputs),
        "labels": torch.tensor(labels),
        "alignment": collate_alignments(batch, target_length, source_length),
    }


def collate_alignments(batch, target_length: int, source_length: int) -> torch.Tensor:
    table = np.zeros((len(batch), target_length, source_length), np.float32)
    for at, (source, target, alignment) in enumerate(batch):
        if alignment is not None:
            table[at, : len(target), : len(source)] = alignment
            table[at, len(target), len(source)] = 1  # `</s>` comes from `</s>`
    return torch.from_numpy(table)
