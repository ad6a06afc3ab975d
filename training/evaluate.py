"""BLEU or accuracy of a model folder by Python `transformers`, weights dequantised to float32.

The figures are what Dragoman's own runtime is compared with; those of its runtime come from
`bench/`. Translation uses the folder's generation_config.json, as `generate` does by default.
"""

import argparse
import gzip
import tempfile
import time
from pathlib import Path

import sacrebleu
import torch
from transformers import AutoTokenizer, BertForSequenceClassification, MarianMTModel

from .export import export
from .int8 import read_folder


def open_text(path: str):
    opener = gzip.open if path.endswith(".gz") else open
    return opener(path, "rt", encoding="utf-8")


def read_lines(path: str) -> list[str]:
    with open_text(path) as lines:
        return [line.rstrip("\n") for line in lines]


def load(folder: Path):
    """(model, tokenizer) in float32 from an int8 or float folder."""
    kind = read_folder(folder)[0]["model_type"]
    loader = MarianMTModel if kind == "marian" else BertForSequenceClassification
    with tempfile.TemporaryDirectory() as plain:
        export(folder, Path(plain), "fp32", 1.0)
        model = loader.from_pretrained(plain).eval()
    if kind == "marian":
        model.generation_config = type(model.generation_config).from_pretrained(folder)
    return model, AutoTokenizer.from_pretrained(folder)


def batches(texts: list[str], tokenizer, size: int = 32):
    """(positions in `texts`, padded encodings), similar lengths together."""
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        chosen = [texts[at] for at in rows]
        yield rows, tokenizer(chosen, return_tensors="pt", padding=True, truncation=True)


@torch.no_grad()
def translate(model, tokenizer, texts: list[str], **options) -> list[str]:
    """One translation a text; equal texts are translated once."""
    distinct = sorted(set(texts))
    found = {}
    for rows, batch in batches(distinct, tokenizer):
        output = model.generate(**batch, **options)
        decoded = tokenizer.batch_decode(output, skip_special_tokens=True)
        found.update((distinct[at], text) for at, text in zip(rows, decoded))
    return [found[text] for text in texts]


@torch.no_grad()
def accuracy(model, tokenizer, texts: list[str], labels: list[int]) -> float:
    right = 0
    for rows, batch in batches(texts, tokenizer):
        chosen = model(**batch).logits.argmax(-1).tolist()
        right += sum(labels[at] == label for at, label in zip(rows, chosen))
    return right / len(labels)


def bleu(args, model, tokenizer) -> str:
    if args.pairs:
        rows = [line.split("\t") for line in read_lines(args.pairs)]
        sources, references = [row[0] for row in rows], [row[1] for row in rows]
    else:
        sources, references = read_lines(args.source), read_lines(args.reference)
    # An even choice: neighbours in a file are often alike.
    step = max(1, len(sources) // args.limit) if args.limit else 1
    sources, references = sources[::step], references[::step]
    options = {}
    if args.beams:
        options["num_beams"] = args.beams
    if args.length_penalty is not None:
        options["length_penalty"] = args.length_penalty
    found = translate(model, tokenizer, sources, **options)
    if args.output:
        Path(args.output).write_text("\n".join(found) + "\n", encoding="utf-8")
    metric = sacrebleu.BLEU()
    score = metric.corpus_score(found, [references])
    return f"{score} lines {len(sources)} {options} {metric.get_signature()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="model folder")
    parser.add_argument("--pairs", help="source<TAB>target lines")
    parser.add_argument("--source", help="source lines")
    parser.add_argument("--reference", help="reference lines of --source")
    parser.add_argument("--labels", help="sentence<TAB>label lines below a heading (classifier)")
    parser.add_argument("--beams", type=int, help="instead of the folder's num_beams")
    parser.add_argument("--length-penalty", type=float, help="instead of the folder's")
    parser.add_argument("--limit", type=int, help="about this many lines, evenly chosen")
    parser.add_argument("--output", help="file for the translations")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    if not (args.labels or args.pairs or (args.source and args.reference)):
        parser.error("give --pairs, --source with --reference, or --labels")
    torch.set_num_threads(args.threads)
    model, tokenizer = load(Path(args.folder))
    started = time.time()
    if args.labels:
        rows = [line.split("\t") for line in read_lines(args.labels)[1:]]
        share = accuracy(model, tokenizer, [r[0].strip() for r in rows], [int(r[1]) for r in rows])
        print(f"accuracy {share:.4f} lines {len(rows)}")
    else:
        print(bleu(args, model, tokenizer))
    print(f"seconds {time.time() - started:.0f}")


if __name__ == "__main__":
    main()
