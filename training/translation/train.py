"""Trains the English-French model on Tatoeba, resumably, on a CPU.

Owns the training loop, its checkpoints and the learning curve. A run lasts `--hours` and cools
the learning rate down towards its end; a killed run resumes from `--checkpoints`; a later run on
another machine starts from the committed int8 model with `--init-from`.
"""

import argparse
import os
import shutil
import signal
import time
from pathlib import Path

import sacrebleu
import torch
from transformers import MarianConfig, MarianMTModel

from ..int8 import read_folder
from .data import Corpus, collate, read_pairs
from .model import DropoutPool, FastMarian, initialise, make_config
from .tokenizer import Codec, write_tokenizer

TOKENIZER_FILES = ("source.spm", "target.spm", "vocab.json", "tokenizer_config.json")
EMA_EVERY = 4
CURVE_HEAD = "target_tokens\thours\tvalid_loss\tvalid_bleu\tnote\n"


def build_model(folder: Path | None, vocabulary: int) -> MarianMTModel:
    """A fresh model, or the one in `folder` (int8 or float) in float32."""
    if folder is None:
        model = MarianMTModel(make_config(vocabulary))
        initialise(model)
        return model
    config, state = read_folder(folder)
    model = MarianMTModel(MarianConfig.from_dict(config))
    missing, unexpected = model.load_state_dict(state, strict=False)
    tied = ("embed_tokens", "embed_positions", "lm_head")
    wrong = [name for name in missing if not any(part in name for part in tied)] + unexpected
    if wrong:
        raise SystemExit(f"{folder} does not fit the model: {wrong}")
    model.tie_weights()
    return model


class Trainer:
    """Model, average, optimiser and position in the data: all that a checkpoint holds."""

    def __init__(self, args, model: MarianMTModel, corpus: Corpus):
        self.args = args
        self.model = model
        self.corpus = corpus
        dtype = torch.bfloat16 if args.bf16 else torch.float32
        self.fast = FastMarian(model, dtype)
        self.fast.guidance = args.guidance
        self.fast.dropout = DropoutPool(args.dropout)
        self.parameters = list(self.fast.parameters().values())
        self.average = [p.detach().clone() for p in self.parameters]
        self.optimizer = torch.optim.AdamW(
            self.parameters,
            lr=args.rate,
            betas=(0.9, 0.998),
            eps=1e-9,
            weight_decay=0.0,
            fused=True,
        )
        self.position = {"step": 0, "epoch": 0, "batch": 0, "tokens": 0, "hours": 0.0}
        self.started = time.process_time()
        self.hours_before = 0.0
        self.stop = False
        self.align = 0.0  # alignment loss per token and layer, a running mean for the log

    def hours(self) -> float:
        """Hours of computing of this run so far: waiting for a busy machine does not count."""
        return (time.process_time() - self.started) / 3600 / self.args.threads

    def rate(self) -> float:
        """Warm-up, then hold, then inverse square root; linear to zero as the run's time ends."""
        step = self.position["step"] + 1
        hold = self.args.hold
        scale = min(step / self.args.warm_up, (hold / max(step, hold)) ** 0.5)
        left = (self.args.hours - self.hours()) / (self.args.cool_down * self.args.hours)
        return self.args.rate * scale * max(0.0, min(1.0, left))

    def step(self, batch) -> float:
        """One update; returns the plain negative log likelihood per token."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate()
        smoothed, nll, tokens = self.fast.loss(collate(batch, self.corpus.codec))
        self.optimizer.zero_grad()
        (smoothed / tokens).backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        self.position["step"] += 1
        self.position["tokens"] += tokens
        if self.position["step"] % EMA_EVERY == 0:
            step = self.position["step"]
            decay = min(self.args.ema**EMA_EVERY, step / (step + 10 * EMA_EVERY))
            with torch.no_grad():
                torch._foreach_lerp_(self.average, self.parameters, 1 - decay)
        align = self.fast.alignment_loss.item() / tokens / self.model.config.decoder_layers
        self.align += 0.02 * (align - self.align)
        return nll.item() / tokens

    def averaged(self):
        """Context in which the model holds the averaged weights."""
        return Swap(self.parameters, self.average)

    def save(self) -> None:
        """Checkpoint and averaged model, each put in place by a rename."""
        folder = Path(self.args.checkpoints)
        folder.mkdir(parents=True, exist_ok=True)
        self.position["hours"] = self.hours_before + self.hours()
        state = {
            "position": self.position,
            "parameters": [p.detach() for p in self.parameters],
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "rng": torch.get_rng_state(),
            "dropout": self.fast.dropout.pool,
        }
        torch.save(state, folder / "checkpoint.tmp")
        os.replace(folder / "checkpoint.tmp", folder / "checkpoint.pt")
        fresh, old = folder / "average.tmp", folder / "average"
        with self.averaged():
            self.model.save_pretrained(fresh)
        for name in TOKENIZER_FILES:
            shutil.copyfile(folder / "tokenizer" / name, fresh / name)
        shutil.rmtree(old, ignore_errors=True)
        os.replace(fresh, old)

    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        with torch.no_grad():
            for held, read in zip(self.parameters + self.average,
                                  state["parameters"] + state["average"]):
                held.copy_(read)
        self.optimizer.load_state_dict(state["optimizer"])
        self.position = state["position"]
        self.hours_before = self.position["hours"]
        torch.set_rng_state(state["rng"])
        # The rate may have been changed for the rest of the run.
        if torch.equal(state["dropout"].max(), self.fast.dropout.pool.max()):
            self.fast.dropout.pool = state["dropout"]


class Swap:
    """Exchanges two lists of tensors on entry and again on exit."""

    def __init__(self, first, second):
        self.pairs = list(zip(first, second))

    def __enter__(self):
        with torch.no_grad():
            for first, second in self.pairs:
                kept = first.detach().clone()
                first.copy_(second)
                second.copy_(kept)

    def __exit__(self, *_):
        self.__enter__()


def translate(model, codec: Codec, texts: list[str], beams: int = 1) -> list[str]:
    """Translations by transformers' own `generate`, in batches of similar length."""
    ids = [codec.encode(text) + [codec.eos] for text in texts]
    order = sorted(range(len(ids)), key=lambda at: len(ids[at]))
    found = [""] * len(ids)
    for start in range(0, len(order), 32):
        rows = order[start : start + 32]
        width = max(len(ids[at]) for at in rows)
        source = torch.tensor([ids[at] + [codec.pad] * (width - len(ids[at])) for at in rows])
        with torch.no_grad():
            output = model.generate(
                input_ids=source,
                attention_mask=(source != codec.pad).long(),
                num_beams=beams,
                max_length=2 * width + 20,
                bad_words_ids=[[codec.pad]],
            )
        for at, row in zip(rows, output.tolist()):
            found[at] = codec.decode(row)
    return found


def validate(trainer: Trainer, pairs, sentences: int) -> tuple[float, float]:
    """(loss per token, greedy BLEU on the first `sentences`) of the averaged weights."""
    codec, fast = trainer.corpus.codec, trainer.fast
    examples = [(codec.encode(source), codec.encode(target), None) for source, target in pairs]
    examples.sort(key=lambda pair: len(pair[0]))
    with trainer.averaged():
        fast.training = False
        trainer.model.eval()
        nll, tokens = 0.0, 0
        with torch.no_grad():
            for start in range(0, len(examples), 64):
                _, loss, count = fast.loss(collate(examples[start : start + 64], codec))
                nll, tokens = nll + loss.item(), tokens + count
        shown = pairs[:sentences]
        found = translate(trainer.model, codec, [source for source, _ in shown])
        fast.training = True
    bleu = sacrebleu.corpus_bleu(found, [[target for _, target in shown]]).score
    return nll / tokens, bleu


def report(trainer: Trainer, pairs, note: str = "") -> None:
    """Validates and appends a line to the learning curve."""
    loss, bleu = validate(trainer, pairs, trainer.args.valid_sentences)
    path = Path(trainer.args.curve)
    if not path.exists():
        path.write_text(CURVE_HEAD)
    hours = trainer.hours_before + trainer.hours()
    line = f"{trainer.position['tokens']}\t{hours:.2f}\t{loss:.4f}\t{bleu:.2f}\t{note}\n"
    with path.open("a") as curve:
        curve.write(line)
    print(f"valid {line}", end="", flush=True)


def train(trainer: Trainer, valid) -> None:
    args, position = trainer.args, trainer.position
    saved = validated = logged = time.time()
    mean, tokens_before = None, position["tokens"]
    while True:
        batches = trainer.corpus.epoch(position["epoch"])
        while position["batch"] < len(batches):
            nll = trainer.step(batches[position["batch"]])
            position["batch"] += 1
            mean = nll if mean is None else 0.99 * mean + 0.01 * nll
            now = time.time()
            if now - logged > 60:
                speed = (position["tokens"] - tokens_before) / (now - logged)
                print(f"epoch {position['epoch']} step {position['step']} loss {mean:.3f} "
                      f"align {trainer.align:.3f} rate {trainer.rate():.2e} "
                      f"tokens/s {speed:.0f}", flush=True)
                logged, tokens_before = now, position["tokens"]
            if now - validated > args.validate_every * 60:
                report(trainer, valid)
                validated = time.time()
            if now - saved > args.save_every * 60:
                trainer.save()
                saved = time.time()
            if trainer.stop or trainer.hours() >= args.hours:
                return
        position["epoch"] += 1
        position["batch"] = 0


def last_of_curve(path: Path) -> tuple[int, float]:
    """(tokens, hours) trained so far according to the learning curve."""
    lines = path.read_text().splitlines()[1:] if path.exists() else []
    fields = lines[-1].split("\t") if lines else ("0", "0")
    return int(fields[0]), float(fields[1])


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", required=True, help="source<TAB>target lines, gzip")
    parser.add_argument("--valid", required=True, help="the same for validation")
    parser.add_argument("--checkpoints", required=True, help="folder outside the source tree")
    parser.add_argument("--init-from", help="model folder to continue from, fresh optimiser")
    parser.add_argument("--reset-encoder", action="store_true",
                        help="with --init-from: new encoder and cross-attention")
    parser.add_argument("--hours", type=float, default=10, 
                        help="length of this run: hours of computing by all threads")
    parser.add_argument("--cool-down", type=float, default=0.25, help="last share of the run")
    parser.add_argument("--rate", type=float, default=6e-4, help="peak learning rate")
    parser.add_argument("--warm-up", type=int, default=600, help="steps")
    parser.add_argument("--hold", type=int, default=3000, help="steps before the rate decays")
    parser.add_argument("--ema", type=float, default=0.9995, help="decay of the weight average")
    parser.add_argument("--batch-tokens", type=int, default=1000, help="target tokens in a batch")
    parser.add_argument("--guidance", type=float, default=0.3, help="weight of the alignment loss")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--sampling", type=float, default=0.0,
                        help="share of the examples that are cut into pieces at random")
    parser.add_argument("--bf16", action="store_true", help="bfloat16 matrix products")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--save-every", type=float, default=5, help="minutes")
    parser.add_argument("--validate-every", type=float, default=30, help="minutes")
    parser.add_argument("--valid-sentences", type=int, default=200, help="for BLEU")
    parser.add_argument("--curve", default=str(Path(__file__).with_name("curve.tsv")))
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def prepare_tokenizer(args, pairs) -> Codec:
    """The tokenizer of the checkpoints, of the model continued from, or a new one."""
    folder = Path(args.checkpoints) / "tokenizer"
    if not (folder / "vocab.json").exists():
        if args.init_from:
            folder.mkdir(parents=True, exist_ok=True)
            for name in TOKENIZER_FILES:
                shutil.copyfile(Path(args.init_from) / name, folder / name)
        else:
            write_tokenizer(pairs, folder)
    return Codec(folder)


def spread(pairs, count: int):
    """`count` pairs with distinct sources, evenly taken from a file sorted by source."""
    distinct = list({source: (source, target) for source, target in pairs}.values())
    return distinct[:: max(1, len(distinct) // count)][:count]


def main() -> None:
    args = parse_arguments()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    pairs = read_pairs(Path(args.train))
    valid = read_pairs(Path(args.valid))
    codec = prepare_tokenizer(args, pairs)
    initial = Path(args.init_from) if args.init_from else None
    model = build_model(initial, len(codec.table))
    if args.reset_encoder:
        initialise(model, ("encoder.layers", "encoder_attn."))
    alignments = Path(args.checkpoints) / "alignments.npy"
    corpus = Corpus(pairs, codec, args.batch_tokens, args.seed, alignments,
                    sampling=args.sampling)
    trainer = Trainer(args, model, corpus)
    checkpoint = Path(args.checkpoints) / "checkpoint.pt"
    if checkpoint.exists():
        trainer.load(checkpoint)
    elif initial:
        tokens, hours = last_of_curve(Path(args.curve))
        trainer.position["tokens"], trainer.hours_before = tokens, hours
        # Other epochs than those already seen, in number and so in order and variations.
        trainer.position["epoch"] = 1 + tokens // 2_000_000
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: setattr(trainer, "stop", True))
    train(trainer, spread(valid, 600))
    trainer.save()
    if not trainer.stop:
        report(trainer, spread(valid, 600), "end of run")


if __name__ == "__main__":
    main()
