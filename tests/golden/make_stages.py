"""Makes the goldens of tokenizer stages: every normaliser, pre-tokeniser, post-processor and
decoder over hard text and ten thousand hostile strings, as checksums.

    python tests/golden/make_stages.py

Needs tokenizers 0.22. Writes tests/golden/tokenizers/stages.json: a vocabulary of characters, hard
lines, and for each case the stages as tokenizer.json holds them with two checksums, of what lines
encode to and of what that decodes to. Each case takes every fourth hostile string, so that each is
seen by a quarter of the cases. The strings are made by the same generator here and in
tests/unit/text/stages_test.cpp.
"""
import json
import sys
from pathlib import Path

from tokenizers import (
    AddedToken, Regex, Tokenizer, decoders as D, models, normalizers as N, pre_tokenizers as P,
    processors as X)

sys.path.insert(0, str(Path(__file__).parent))
from tokenizer_lines import HARD, composed  # noqa: E402

MASK = (1 << 64) - 1
BLOCKS = [
    (0x20, 0x7F), (0x80, 0x250), (0x250, 0x370), (0x370, 0x590), (0x590, 0x700), (0x900, 0xE00),
    (0xE00, 0x1000), (0x1000, 0x1200), (0x1780, 0x2000), (0x2000, 0x2100), (0x2100, 0x2C00),
    (0x3000, 0x3400), (0x4E00, 0xA000), (0xA000, 0xD7B0), (0xF900, 0xFE00), (0xFE00, 0x10000),
    (0x10000, 0x12000), (0x16000, 0x17000), (0x1D000, 0x1D800), (0x1E000, 0x1F000),
    (0x1F000, 0x1FB00), (0x20000, 0x30000), (0xE0000, 0xE0200)]
SEEDS = ["  ", "'s", "'LL", "\u017f", "\r\n", "\n\n", "123", "12345", "don't", " ", "\u2581",
         "\u0301",
         "\u200d", "ab", "Ab", "AB", "\u4e2d", "\ufb01", "\u0344", "\u0f73", " <m> ", "mask",
         "a b"]


class Generator:
    """A linear congruential generator; the upper bits are drawn."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & MASK
        return (self.state >> 33) % limit


def hostile(count):
    random, lines = Generator(20261128), []
    for _ in range(count):
        line = ""
        for _ in range(1 + random.below(12)):
            if random.below(10) < 4:
                line += SEEDS[random.below(len(SEEDS))]
            else:
                first, end = BLOCKS[random.below(len(BLOCKS))]
                line += chr(first + random.below(end - first))
        lines.append(line)
    return lines


class Checksum:
    """FNV-1a over bytes; numbers are four bytes, least first."""

    def __init__(self):
        self.value = 14695981039346656037

    def add(self, data):
        for byte in data:
            self.value = ((self.value ^ byte) * 1099511628211) & MASK

    def number(self, number):
        self.add((number & 0xFFFFFFFF).to_bytes(4, "little"))


GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
          r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
CASE = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
ENDING = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
O200K = (rf"[^\r\n\p{{L}}\p{{N}}]?{CASE[0]}*{CASE[1]}+{ENDING}"
         rf"|[^\r\n\p{{L}}\p{{N}}]?{CASE[0]}+{CASE[1]}*{ENDING}"
         rf"|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
BLOOM = r" ?[^(\s|[.,!?…。，、।۔،])]+"
CLIP = (r"<\|startoftext\|>|<\|endoftext\|>"
        r"|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+")


def bytes_of(pattern):
    return P.Sequence([P.Split(Regex(pattern), "isolated"),
                       P.ByteLevel(add_prefix_space=False, use_regex=False)])


def cases():
    space = P.WhitespaceSplit()
    normalizers = {
        "NFC": N.NFC(), "NFD": N.NFD(), "NFKC": N.NFKC(), "NFKD": N.NFKD(),
        "Lowercase": N.Lowercase(), "StripAccents": N.Sequence([N.NFD(), N.StripAccents()]),
        "Nmt": N.Nmt(), "Prepend": N.Prepend("\u2581"), "Strip": N.Strip(),
        "ByteLevel": N.ByteLevel(),
        "Replace": N.Sequence([N.Replace("``", '"'), N.Replace(Regex(" {2,}"), " "),
                               N.Replace("a", "xyz"), N.Replace(Regex("[0-9][0-9][0-9]"), "")]),
        "BertNormalizer": N.BertNormalizer()}
    for name, normalizer in normalizers.items():
        yield "normalizer " + name, normalizer, space, None, None
    splitters = {
        "none": None, "ByteLevel": P.ByteLevel(add_prefix_space=False),
        "ByteLevel prefixed": P.ByteLevel(add_prefix_space=True),
        "Metaspace": P.Metaspace(), "Metaspace first": P.Metaspace(prepend_scheme="first"),
        "Metaspace never": P.Metaspace(prepend_scheme="never", split=False),
        "Whitespace": P.Whitespace(), "BertPreTokenizer": P.BertPreTokenizer(),
        "Digits": P.Digits(individual_digits=True), "Digits together": P.Digits(),
        "CharDelimiterSplit": P.CharDelimiterSplit("a"), "GPT-2": bytes_of(GPT2),
        "Llama 3": bytes_of(LLAMA3), "Qwen 2": bytes_of(LLAMA3.replace("{1,3}", "")),
        "o200k": bytes_of(O200K), "BLOOM": bytes_of(BLOOM),
        "CLIP": P.Split(Regex(CLIP), "removed", invert=True),
        "T5": P.Sequence([space, P.Metaspace()]),
        "Falcon": P.Sequence([P.Punctuation("contiguous"), P.ByteLevel(add_prefix_space=False),
                              P.Digits(), P.Split(Regex("[0-9][0-9][0-9]"), "isolated")])}
    for behavior in ("removed", "isolated", "merged_with_previous", "merged_with_next",
                     "contiguous"):
        splitters["Punctuation " + behavior] = P.Punctuation(behavior)
        splitters["Split " + behavior] = P.Split(Regex(r"\s+"), behavior)
        splitters["Split inverted " + behavior] = P.Split(" ", behavior, invert=True)
    for name, splitter in splitters.items():
        yield "pre-tokenizer " + name, None, splitter, None, None
    llama = D.Sequence([D.Replace("\u2581", " "), D.ByteFallback(), D.Fuse(), D.Strip(" ", 1, 0)])
    for name, decoder in {"ByteLevel": D.ByteLevel(), "Metaspace": D.Metaspace(), "Llama": llama,
                          "BPEDecoder": D.BPEDecoder("a"), "CTC": D.CTC("a", "b")}.items():
        yield "decoder " + name, N.NFC(), P.ByteLevel(add_prefix_space=False), None, decoder
    ends = ("b", 2), ("a", 1)
    template = X.TemplateProcessing(single="a $A b", pair="a $A b $B:1 b:1",
                                    special_tokens=[("a", 1), ("b", 2)])
    posts = {"Roberta": X.RobertaProcessing(*ends), "Bert": X.BertProcessing(*ends),
             "ByteLevel": X.ByteLevel(), "Sequence": X.Sequence([X.ByteLevel(), template])}
    for name, post in posts.items():
        yield "post-processor " + name, None, bytes_of(GPT2), post, None


def vocabulary():
    chars = sorted({c for line in HARD + composed()[::20] for c in line} - {" ", "\n"})
    chars = ["a", "b"] + [c for i, c in enumerate(chars) if i % 9 and c not in "ab"]
    return chars


def units(text):
    offsets = [0]
    for c in text:
        offsets.append(offsets[-1] + (2 if ord(c) > 0xFFFF else 1))
    return offsets


def main():
    chars, lines = vocabulary(), [line for line in HARD if line]
    tokens = ["[UNK]"] + chars + ["##" + c for c in chars]
    tokens += [t for t in ("\u0120", "##\u0120") if t not in tokens]
    strings, out = hostile(10000), []
    for number, (name, normalizer, splitter, post, decoder) in enumerate(cases()):
        texts = lines + strings[number % 4::4]
        tokenizer = Tokenizer(models.WordPiece(
            {t: i for i, t in enumerate(tokens)}, unk_token="[UNK]",
            max_input_chars_per_word=10**6))
        for attribute, stage in (("normalizer", normalizer), ("pre_tokenizer", splitter),
                                 ("post_processor", post), ("decoder", decoder)):
            if stage is not None:
                setattr(tokenizer, attribute, stage)
        tokenizer.add_tokens([AddedToken("mask", lstrip=True), AddedToken("Ab", single_word=True)])
        tokenizer.add_special_tokens([AddedToken("<m>", lstrip=True, rstrip=True)])
        encoded, decoded = Checksum(), Checksum()
        for text, encoding in zip(texts, tokenizer.encode_batch(texts)):
            offsets = units(text)
            for i, (start, end) in enumerate(encoding.offsets):
                word = encoding.word_ids[i]
                for value in (encoding.ids[i], offsets[start], offsets[end],
                               -1 if word is None else word):
                    encoded.number(value)
            decoded.add(tokenizer.decode(encoding.ids).encode())
        parts = json.loads(tokenizer.to_str())
        stages = json.dumps({key: parts[key] for key in (
            "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder")},
                            ensure_ascii=False, separators=(",", ":"))
        prefixed = isinstance(splitter, P.ByteLevel) and splitter.add_prefix_space
        out.append({"name": name, "prefixed": prefixed, "stages": stages,
                    "encoded": f"{encoded.value:016x}", "decoded": f"{decoded.value:016x}"})
        print(name)
    dump = dict(ensure_ascii=False, separators=(",", ":"))
    rows = ",\n".join(json.dumps(case, **dump) for case in out)
    file = Path(__file__).parent / "tokenizers" / "stages.json"
    file.write_text(f'{{"tokens":{json.dumps(tokens, **dump)},\n"lines":'
                    f'{json.dumps(lines, **dump)},\n"cases":[\n{rows}\n]}}\n')


if __name__ == "__main__":
    main()
