"""Soft word alignments of the training pairs, to guide the decoder's attention.

Owns IBM model 1 with a preference for the diagonal, as fast_align has it (Dyer et al., "A Simple,
Fast, and Effective Reparameterization of IBM Model 2", 2013). A small post-norm transformer needs
millions of tokens before its cross-attention finds out where to look; told so, it needs few.
"""

from pathlib import Path

import numpy as np

ITERATIONS = 5
TENSION = 5.0  # larger prefers the diagonal more


def cells(ids, vocabulary: int):
    """One entry a (target token, source token) cell, over all pairs, target-major.

    Returns (key, prior, row starts): key is source id * vocabulary + target id; prior sums to 1
    over the cells of a target token, where the next token's cells start at the next row start.
    """
    keys, priors, widths = [], [], []
    for source, target in ids:
        n, m = len(source), len(target)
        pairs = np.asarray(source)[None, :] * vocabulary + np.asarray(target)[:, None]
        keys.append(pairs.ravel())
        across = (np.arange(m)[:, None] + 0.5) / m - (np.arange(n)[None, :] + 0.5) / n
        prior = np.exp(-TENSION * np.abs(across))
        priors.append((prior / prior.sum(1, keepdims=True)).astype(np.float32).ravel())
        widths.append(np.full(m, n))
    widths = np.concatenate(widths)
    starts = np.concatenate([[0], np.cumsum(widths)[:-1]])
    return np.concatenate(keys), np.concatenate(priors), starts, widths


def posteriors(ids, vocabulary: int) -> np.ndarray:
    """For every cell, the probability that its target token comes from its source token."""
    key, prior, starts, widths = cells(ids, vocabulary)
    kinds, which = np.unique(key, return_inverse=True)
    source_of_kind = kinds // vocabulary
    table = np.ones(len(kinds))
    for _ in range(ITERATIONS):
        share = prior * table[which]
        share /= np.repeat(np.add.reduceat(share, starts), widths)
        counts = np.bincount(which, share, len(kinds))
        totals = np.bincount(source_of_kind, counts, vocabulary)
        table = counts / totals[source_of_kind]
    return share.astype(np.float16)


def aligned(ids, vocabulary: int, cache: Path) -> list[np.ndarray]:
    """A matrix [target length, source length] a pair, kept in `cache` for the next start."""
    if cache.exists():
        flat = np.load(cache)
    else:
        flat = posteriors(ids, vocabulary)
        np.save(cache, flat)
    ends = np.cumsum([len(source) * len(target) for source, target in ids])
    if len(flat) != ends[-1]:
        raise SystemExit(f"{cache} belongs to other data: remove it")
    parts = np.split(flat, ends[:-1])
    return [part.reshape(len(t), len(s)) for part, (s, t) in zip(parts, ids)]
