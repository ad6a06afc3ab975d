"""Makes the tokenizer goldens: small tokenizers, and what Python's tokenizers answer with them.

    python tests/golden/make_tokenizers.py
    DRAGOMAN_SHARED_DATA=DATA python tests/golden/make_tokenizers.py --deep OUT

Needs transformers 4.57, tokenizers 0.22, sentencepiece 0.2 and sacremoses. Writes
tests/golden/tokenizers/: model files, `lines.json` (the texts) and `cases.json`, with one `.enc`
file of expected tokens per case.

With --deep the same is made in OUT of published tokenizers (DATA/tokenizers/) and a thousand lines
in each of many languages (DATA/text/*.txt.gz). That is too much to commit; the tests read OUT
when DRAGOMAN_TOKENIZER_GOLDENS names it.

An .enc file has one line per text; each token is three numbers (2 * id + special, start - end of
the token before, end - start; in UTF-16 units) as base-64 digits of five bits, least first, the
sixth bit saying that more follow; numbers are zigzag-coded.
"""
import gzip
import json
import os
import random
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import transformers
from tokenizers import AddedToken, processors
from transformers import AutoTokenizer, MarianTokenizer

sys.path.insert(0, str(Path(__file__).parent))
from tokenizer_families import M2m100Reference, family_cases  # noqa: E402
from tokenizer_lines import HARD, LANGUAGES, composed  # noqa: E402
from tokenizer_models import (  # noqa: E402
    SPECIAL, compact, letter_lines, marian_vocab, model_cases, sentence_pieces, template, tiny_bpe,
    tiny_unigram, word_piece)

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def vlq(number):
    number = number * 2 if number >= 0 else -number * 2 - 1
    out = ""
    while number > 31:
        out += DIGITS[number % 32 + 32]
        number //= 32
    return out + DIGITS[number]


def pack(tokens):
    out, last = "", 0
    for token_id, start, end, special in tokens:
        out += vlq(token_id * 2 + special) + vlq(start - last) + vlq(end - start)
        last = end
    return out


def units(text):
    """UTF-16 offset of each character of `text`, and of its end."""
    offsets = [0]
    for c in text:
        offsets.append(offsets[-1] + (2 if ord(c) > 0xFFFF else 1))
    return offsets


# --- references -------------------------------------------------------------------------------

class BertReference:
    def __init__(self, folder):
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        assert self.tokenizer.is_fast

    def rows(self, encoding, texts):
        maps = [units(text) for text in texts]
        rows = []
        for i, token_id in enumerate(encoding["input_ids"]):
            a, b = encoding["offset_mapping"][i]
            m = maps[encoding.sequence_ids()[i] or 0]
            rows.append([token_id, m[a], m[b], encoding["special_tokens_mask"][i]])
        return rows

    def encode(self, text, pair=None, **options):
        encoding = self.tokenizer(text, pair, return_offsets_mapping=True,
                                  return_special_tokens_mask=True, return_token_type_ids=True,
                                  **options)
        texts = [text] if pair is None else [text, pair]
        return self.rows(encoding, texts), encoding["token_type_ids"]

    def decode(self, ids, skip):
        return self.tokenizer.decode(ids, skip_special_tokens=skip)


class MarianReference:
    def __init__(self, folder):
        self.tokenizer = MarianTokenizer.from_pretrained(folder)

    def text_rows(self, text):
        """Tokens without the end: ids by calling the tokenizer, offsets by sentencepiece for the
        parts the tokenizer cuts the text into."""
        t, m = self.tokenizer, units(text)
        ids = t(text, add_special_tokens=False)["input_ids"]
        if any(a.lstrip or a.rstrip or a.single_word for a in t.added_tokens_decoder.values()):
            return [[i, None, None, 0] for i in ids]
        spans, position = [], 0
        for part in t.tokens_trie.split(text):
            start, position = position, position + len(part)
            if part in t.added_tokens_encoder:
                spans.append((start, position))
                continue
            code, rest = t.remove_language_code(part)
            if code:
                spans.append((start, start + len(code[0])))
                start += len(code[0])
            encoded = t.spm_source.encode(rest, return_type="offset_mapping")
            spans += [(start + a, start + b) for a, b in encoded["offsets"]]
        assert len(spans) == len(ids), (text, spans, ids)
        return [[i, m[a], m[b], 0] for i, (a, b) in zip(ids, spans)]

    def encode(self, text, pair=None, **options):
        if pair is None and not options:
            rows = self.text_rows(text)
            ids = self.tokenizer(text)["input_ids"]
            assert ids == [row[0] for row in rows] + [self.tokenizer.eos_token_id]
            return rows + [[ids[-1], 0, 0, 1]], [0] * len(ids)
        # Truncated or paired: which rows stay is told by the ids alone.
        # Type ids are of no use to Marian, and the reference forgets that of the end.
        encoding = self.tokenizer(text, pair, **options)
        return [[i, None, None, None] for i in encoding["input_ids"]], None

    def decode(self, ids, skip):
        return self.tokenizer.decode(ids, skip_special_tokens=skip)


def reference_class(kind, files):
    if kind == "marian":
        return MarianReference
    slow = kind == "m2m_100" and "vocab.json" in files
    return M2m100Reference if slow else BertReference


# --- cases --------------------------------------------------------------------------------------

def with_truncation(tokenizer):
    """The truncation and padding that files often carry and `transformers` does not apply."""
    tokenizer.enable_truncation(max_length=8)
    tokenizer.enable_padding(length=16)
    return tokenizer


def bert_cases():
    config = {"tokenizer_class": "BertTokenizer", "do_lower_case": True}
    uncased = word_piece(True, 2200)
    uncased.post_processor = template(uncased)
    uncased.add_special_tokens(SPECIAL)
    uncased.add_tokens([
        AddedToken("new_token"), AddedToken("Word", single_word=True),
        AddedToken("<left>", lstrip=True, normalized=False),
        AddedToken("<right>", rstrip=True, normalized=False),
        AddedToken("<both>", lstrip=True, rstrip=True), AddedToken("Café")])
    yield "wordpiece-uncased", "all", {
        "tokenizer.json": compact(with_truncation(uncased)), "tokenizer_config.json": config}

    cased = word_piece(False, 2200)
    cased.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    text = compact(cased)
    yield "wordpiece-cased", "sample", {
        "tokenizer.json": text, "tokenizer_config.json":
        {**config, "do_lower_case": False, "clean_up_tokenization_spaces": True}}
    # Without tokenizer_config.json BertTokenizerFast's defaults count: lower case.
    yield "wordpiece-defaults", "sample", {"tokenizer.json": text}

    plain = word_piece(True, 2200, "@@", strip_accents=False, handle_chinese_chars=False,
                       clean_text=False)
    plain.model.max_input_chars_per_word = 20
    plain.decoder = None
    yield "wordpiece-bare", "sample", {
        "tokenizer.json": compact(plain), "tokenizer_config.json":
        {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]"}}

    vocab = sorted(uncased.get_vocab(with_added_tokens=False).items(), key=lambda item: item[1])
    words = "\n".join(token for token, _ in vocab)
    yield "vocab-txt", "sample", {"vocab.txt": words.replace("\n", "\r\n", 3) + "\n"}
    yield "vocab-txt-options", "sample", {
        "vocab.txt": words, "tokenizer_config.json":
        {**config, "do_lower_case": False, "strip_accents": True, "tokenize_chinese_chars": False,
         "mask_token": "<mask>", "additional_special_tokens": ["<sep>", "<cls>"]},
        "added_tokens.json": {"new_token": len(vocab) + 1, "<mask>": len(vocab)}}


def marian_cases():
    lines = composed()
    unigram = sentence_pieces(lines, vocab_size=2400, model_type="unigram",
                              normalization_rule_name="nmt_nfkc", character_coverage=0.999)
    target = sentence_pieces(lines, vocab_size=800, model_type="unigram",
                             normalization_rule_name="identity", character_coverage=0.98)
    vocab = marian_vocab(unigram, target, extra=[">>fra<<", ">>deu<<"])
    files = {"source.spm": unigram, "target.spm": target, "vocab.json": vocab}
    yield "marian-unigram", "all", files

    # Lower case for two letters, ligatures, one rule that deletes and three that make spaces.
    rules = [("A", "a"), ("É", "é"), ("ﬁ", "fi"), ("fl", "ﬂ"), ("\u00ad", ""), ("\u00a0", " "),
             ("\u3000", "  "), ("e\u0301", "é"), ("½", " 1/2 ")]
    codes = [[" ".join(f"{ord(c):X}" for c in side) for side in rule] for rule in rules]
    # The model keeps this name, so it must not be that of a place on this machine.
    Path("rules.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in codes))
    bpe = sentence_pieces(lines, vocab_size=2000, model_type="bpe", character_coverage=0.999,
                          normalization_rule_tsv="rules.tsv")
    Path("rules.tsv").unlink()
    yield "marian-bpe", "all", {
        "source.spm": bpe, "target.spm": bpe, "vocab.json": marian_vocab(bpe)}

    symbols = ["<sep>", "<cls>", "▁under", "ab", "  ", ">>", "．．"]
    byte_model = sentence_pieces(
        lines, vocab_size=1400, model_type="unigram", normalization_rule_name="identity",
        byte_fallback=True, user_defined_symbols=symbols, control_symbols=["<tag1>", "<tag12>"],
        add_dummy_prefix=False, remove_extra_whitespaces=False, character_coverage=0.98)
    yield "marian-bytes", "sample", {
        "source.spm": byte_model, "target.spm": byte_model, "vocab.json": marian_vocab(byte_model)}

    suffix = sentence_pieces(lines, vocab_size=1000, model_type="bpe", byte_fallback=True,
                             normalization_rule_name="identity", treat_whitespace_as_suffix=True,
                             character_coverage=0.98, user_defined_symbols=["<sep>"])
    yield "marian-suffix", "sample", {
        "source.spm": suffix, "target.spm": target, "vocab.json": marian_vocab(suffix, target)}

    flags = {"lstrip": False, "rstrip": False, "single_word": False, "normalized": False}
    yield "marian-separate", "sample", {
        "source.spm": bpe, "target.spm": target, "vocab.json": marian_vocab(bpe),
        "target_vocab.json": marian_vocab(target),
        "tokenizer_config.json": {
            "separate_vocabs": True, "clean_up_tokenization_spaces": True,
            "additional_special_tokens": ["<sep>"],
            "added_tokens_decoder": {
                "0": {**flags, "content": "</s>", "special": True},
                "5000": {**flags, "content": "<sep>", "special": True, "lstrip": True},
                "5001": {**flags, "content": "<cls>", "special": False, "rstrip": True},
                "5002": {**flags, "content": "word", "special": False, "single_word": True}}}}

    own = letter_lines()
    for name, model in (("marian-tiny-unigram", tiny_unigram()), ("marian-tiny-bpe", tiny_bpe())):
        yield name, own, {
            "source.spm": model, "target.spm": model, "vocab.json": marian_vocab(model)}


PAIRS = [("one", "two"), ("The old teacher reads the newspaper.", "My sister."),
         ("Niemand.", "Вчера наш сосед нашёл красный дом и два яблока."),
         ("a b c d e f g", "h i j k l m n"), ("", "x y"), ("x y", ""),
         ("Старый учитель читает.", None),
         ("👩\u200d👩 x 日本 y", "é \u00e9 z 𠮷")]


def truncation_cases(reference, added):
    for text, pair in PAIRS:
        for strategy in ("longest_first", "only_first", "only_second"):
            for length in (added + 1, 5, 6, 9, 12, 40):
                case = {"text": text, "pair": pair, "strategy": strategy, "max_length": length}
                if length < added or (strategy == "only_second" and pair is None):
                    continue
                try:
                    rows, types = reference.encode(text, pair, truncation=strategy,
                                                   max_length=length)
                except Exception:  # `tokenizers` raises a plain Exception
                    yield {**case, "error": True}
                    continue
                # The slow tokenizers log an error and leave the text as it is; we throw.
                yield {**case, "error": True} if len(rows) > length else \
                    {**case, "ids": [row[0] for row in rows], "types": types,
                     "spans": [row[1:3] for row in rows]}


def random_ids(size):
    rng = random.Random(7)
    return [[rng.randrange(size + 4) for _ in range(rng.randint(0, 14))] for _ in range(24)]


class Output:
    """A folder of goldens being written."""

    def __init__(self, folder, lines):
        self.folder = folder
        self.lines = lines + HARD
        hard = range(len(lines), len(self.lines))
        self.samples = {"sample": [*range(0, len(lines), 12), *hard],
                        "few": [*range(0, len(lines), 60), *hard]}
        self.stored = {}
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    def store(self, name, file, content):
        """Writes a file once, whichever cases use it."""
        if content not in self.stored:
            self.stored[content] = f"{name}.{file}"
            (self.folder / self.stored[content]).write_bytes(content)
        return self.stored[content]

    def case(self, kind, name, which, files):
        """Runs the reference; returns the entry of cases.json."""
        folder = Path(tempfile.mkdtemp())
        stored = {}
        for file, content in files.items():
            if isinstance(content, dict):
                content = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
            content = content.encode() if isinstance(content, str) else content
            (folder / file).write_bytes(content)
            stored[file] = self.store(name, file, content)
        (folder / "config.json").write_text(json.dumps({"model_type": kind}))
        reference = reference_class(kind, files)(folder)
        shutil.rmtree(folder)
        rows, spans = self.encode(reference, name, which)
        decoded = [[r[0] for r in line] for line in rows[-len(HARD)::2]]
        decoded = [ids for ids in decoded if len(ids) < 100] + random_ids(len(reference.tokenizer))
        truncated = name in ("wordpiece-uncased", "wordpiece-cased", "marian-unigram",
                             "m2m100-files", "llama-files", "mbart-files")
        entry = {
            "name": name, "model_type": kind, "files": stored, "lines": which, "spans": spans,
            "vocab_size": len(reference.tokenizer),
            "decode": [[ids, reference.decode(ids, True), reference.decode(ids, False)]
                       for ids in decoded],
            "truncate": list(truncation_cases(reference, 1 if kind == "marian" else 2))
            if truncated else []}
        if isinstance(which, list) or which not in self.samples:
            return entry
        return {**entry, "lines": "sample", "sample": self.samples[which]}

    def encode(self, reference, name, which):
        """Writes the .enc file; returns the rows, and whether they have offsets."""
        texts = which
        if not isinstance(which, list):
            indices = range(len(self.lines)) if which == "all" else self.samples[which]
            texts = [self.lines[i] for i in indices]
        rows = [reference.encode(text)[0] for text in texts]
        spans = all(row[1] is not None for line in rows for row in line)
        if not spans:
            rows = [[[r[0], 0, 0, r[3]] for r in line] for line in rows]
        (self.folder / f"{name}.enc").write_text("\n".join(pack(line) for line in rows) + "\n")
        return rows, spans

    def finish(self, cases):
        dump = dict(ensure_ascii=False, separators=(",", ":"))
        text = json.dumps(self.lines, indent=0, ensure_ascii=False)
        (self.folder / "lines.json").write_text(text)
        text = ",\n".join(json.dumps(case, **dump) for case in cases)
        (self.folder / "cases.json").write_text(f"[\n{text}\n]\n")
        total = sum(file.stat().st_size for file in self.folder.iterdir())
        print(f"{len(self.lines)} lines, {len(cases)} cases, {total} bytes")


def deep(data, folder):
    """Published tokenizers over real text.

    SentencePiece models of other families serve as Marian's."""
    lines = []
    for file in sorted((data / "text").glob("*.txt.gz")):
        text = gzip.open(file, "rt", encoding="utf-8").read()
        lines += [line for line in text.split("\n") if line]
    out = Output(folder, lines)
    files = {kind: {file.name: file.read_bytes() for file in (data / "tokenizers" / kind).iterdir()
                    if file.name != "config.json"}
             for kind in ("gte-small", "opus-mt-fr-en", "m2m100", "llama2")}
    words = files["gte-small"]["vocab.txt"]
    cased = {"vocab.txt": words, "tokenizer_config.json":
             {"tokenizer_class": "BertTokenizer", "do_lower_case": False}}
    cases = [out.case("bert", "gte-small", "all", files["gte-small"]),
             out.case("bert", "gte-small-cased", "all", cased),
             out.case("marian", "opus-mt-fr-en", "all", files["opus-mt-fr-en"])]
    for name, file in (("m2m100", "sentencepiece.bpe.model"), ("llama2", "tokenizer.model")):
        model = files[name][file]
        cases.append(out.case("marian", name, "all", {
            "source.spm": model, "target.spm": model, "vocab.json": marian_vocab(model)}))
    out.finish(cases)


def main():
    warnings.filterwarnings("ignore")
    transformers.utils.logging.set_verbosity(transformers.logging.CRITICAL)
    if sys.argv[1:2] == ["--deep"]:
        deep(Path(os.environ["DRAGOMAN_SHARED_DATA"]), Path(sys.argv[2]))
        return
    out = Output(Path(__file__).parent / "tokenizers", composed())
    cases = [out.case("bert", *case) for case in bert_cases()]
    cases += [out.case("bert", *case) for case in model_cases()]
    cases += [out.case("marian", *case) for case in marian_cases()]
    out.finish(cases + [out.case(kind, name, "few", files)
                        for kind, name, files in family_cases()])
    print(f"{len(LANGUAGES)} languages")


if __name__ == "__main__":
    main()
