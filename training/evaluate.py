"""BLEU, accuracy or F1 of a model folder by Python `transformers`, weights dequantised to float32.

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
from transformers import (
    AutoTokenizer,
    BertForSequenceClassification,
    BertForTokenClassification,
    MarianMTModel,
    TokenClassificationPipeline,
)

from .classification.data import read_conll, read_labelled, spans
from .export import export
from .int8 import read_folder


LOADERS = {
    loader.__name__: loader
    for loader in (MarianMTModel, BertForSequenceClassification, BertForTokenClassification)
}


def open_text(path: str):
    opener = gzip.open if path.endswith(".gz") else open
    return opener(path, "rt", encoding="utf-8")


def read_lines(path: str) -> list[str]:
    with open_text(path) as lines:
        return [line.rstrip("\n") for line in lines]


def load(folder: Path):
    """(model, tokenizer) in float32 from an int8 or float folder."""
    config = read_folder(folder)[0]
    kind = config["model_type"]
    loader = LOADERS[config["architectures"][0]]
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


def entity_scores(model, tokenizer, path: str) -> str:
    """Precision, recall and F1 of exact spans in sentences whose words are joined by spaces."""
    find = TokenClassificationPipeline(
        model=model, tokenizer=tokenizer, aggregation_strategy="first"
    )
    right = found = wanted = 0
    sentences = read_conll(path)
    for words, tags in sentences:
        starts, at = [], 0
        for word in words:
            starts.append(at)
            at += len(word) + 1
        gold = {
            (kind, starts[first], starts[end - 1] + len(words[end - 1]))
            for kind, first, end in spans(tags)
        }
        got = {(one["entity_group"], one["start"], one["end"]) for one in find(" ".join(words))}
        right, found, wanted = right + len(gold & got), found + len(got), wanted + len(gold)
    precision, recall = right / max(1, found), right / wanted
    f1 = 2 * right / (found + wanted)
    return f"F1 {f1:.4f} precision {precision:.4f} recall {recall:.4f} lines {len(sentences)}"


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
    parser.add_argument("--labels", help="text and label, .tsv or .csv (classifier)")
    parser.add_argument("--entities", help="word<TAB>tag lines, empty ones between sentences")
    parser.add_argument("--beams", type=int, help="instead of the folder's num_beams")
    parser.add_argument("--length-penalty", type=float, help="instead of the folder's")
    parser.add_argument("--limit", type=int, help="about this many lines, evenly chosen")
    parser.add_argument("--output", help="file for the translations")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    if not (args.labels or args.entities or args.pairs or (args.source and args.reference)):
        parser.error("give --pairs, --source with --reference, --labels or --entities")
    torch.set_num_threads(args.threads)
    model, tokenizer = load(Path(args.folder))
    started = time.time()
    if args.labels:
        labels = [model.config.id2label[at] for at in range(model.config.num_labels)]
        texts, numbers = zip(*read_labelled(args.labels, labels))
        share = accuracy(model, tokenizer, list(texts), list(numbers))
        print(f"accuracy {share:.4f} lines {len(texts)}")
    elif args.entities:
        print(entity_scores(model, tokenizer, args.entities))
    else:
        print(bleu(args, model, tokenizer))
    print(f"seconds {time.time() - started:.0f}")


if __name__ == "__main__":
    main()
