"""Makes the goldens of windows: what truncation cuts, as further windows, of texts, pairs and texts
that were cut into words beforehand.

    python tests/golden/make_windows.py

Needs transformers 4.57 and tokenizers 0.22. Writes tests/golden/tokenizers/windows.json: small
tokenizers and, for each request, every window that Python answers (null where it refuses): of each
token id, type, span in UTF-16 units, whether it is special, its word and its text.
"""
import itertools
import json
import sys
import tempfile
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers as P, processors as X
from tokenizers.normalizers import BertNormalizer
from transformers import AutoTokenizer

sys.path.insert(0, str(Path(__file__).parent))
from make_tokenizers import units  # noqa: E402

TEXTS = [("Ab cde 👩👩 f", None), ("abc de", None), ("", None),
         ("ab cd ef", "gh 𠮷 ij kl mn"), ("abcd efgh ij", "k"), ("a  b ", " "), ("a b", "c d")]
WORDS = [["Ab", "", "cde", "👩👩f"], ["a b", " c", "𠮷d "], ["abc"], []]
LENGTHS = (4, 5, 6, 7, 9, 64)
STRATEGIES = ("longest_first", "only_first", "only_second")


def letters(extra):
    chars = list("abcdefghijklmnop") + ["👩", "𠮷"] + extra
    return ["[UNK]", "[CLS]", "[SEP]", "[PAD]"] + chars + ["##" + c for c in chars] + ["ab", "##cd"]


def tokenizer(tokens, splitter, post=None, normalizer=None, decoder=None):
    result = Tokenizer(models.WordPiece({t: i for i, t in enumerate(tokens)}, unk_token="[UNK]"))
    result.pre_tokenizer = splitter
    for stage, value in (("post_processor", post), ("normalizer", normalizer),
                         ("decoder", decoder)):
        if value is not None:
            setattr(result, stage, value)
    return result


def tokenizers():
    """Name, tokenizer, and what tokenizer_config.json says."""
    plain = letters(["A", " "])
    template = X.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 1), ("[SEP]", 2)])
    bert = {"tokenizer_class": "BertTokenizer"}
    parts = P.BertPreTokenizer(), template, BertNormalizer()
    for side in ("right", "left"):
        yield "template " + side, tokenizer(plain, *parts), {**bert, "truncation_side": side}
    post = X.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    yield "bert", tokenizer(plain, P.BertPreTokenizer(), post, BertNormalizer()), bert
    yield "none", tokenizer(plain, P.Whitespace()), \
        {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]"}
    alphabet = sorted(set(P.ByteLevel.alphabet()) - set("abcdefghijklmnop"))
    roberta = X.RobertaProcessing(("[SEP]", 2), ("[CLS]", 1), True, True)
    yield "roberta", \
        tokenizer(letters(alphabet), P.ByteLevel(add_prefix_space=True), roberta,
                  decoder=decoders.ByteLevel()), \
        {"tokenizer_class": "RobertaTokenizer", "add_prefix_space": True, "bos_token": "[CLS]",
         "cls_token": "[CLS]", "eos_token": "[SEP]", "sep_token": "[SEP]", "unk_token": "[UNK]",
         "pad_token": "[PAD]", "mask_token": "[UNK]"}


def window(encoding, maps, plain):
    texts = [-1 if text is None else text for text in encoding.sequence_ids]
    if plain:  # then the reference forgets which text tokens of further windows are of
        texts = encoding.type_ids
    words = [-1 if word is None else word for word in encoding.word_ids]
    out = []
    for i, (start, end) in enumerate(encoding.offsets):
        m = maps(texts[i], words[i]) or [0]
        out += [encoding.ids[i], encoding.type_ids[i], m[start], m[end],
                encoding.special_tokens_mask[i], words[i], texts[i]]
    return out


def requests():
    for (text, pair), length, stride, strategy in itertools.product(
            TEXTS, LENGTHS, (0, 1, 2), STRATEGIES):
        if pair is not None or strategy == "longest_first":
            yield {"text": text, "pair": pair, "max_length": length, "stride": stride,
                   "truncation": strategy}
    for words, length, stride in itertools.product(WORDS, LENGTHS, (0, 1, 2)):
        yield {"split": words, "max_length": length, "stride": stride,
               "truncation": "longest_first"}


def answer(reference, request, special, plain):
    texts = [request["split"]] if "split" in request else [request["text"], request["pair"]]

    def maps(text, word):
        if text < 0:
            return None
        return units(texts[text] if isinstance(texts[text], str) else texts[text][word])

    try:
        encodings = reference(
            texts[0], None if "split" in request else request["pair"],
            is_split_into_words="split" in request, add_special_tokens=special,
            truncation=request["truncation"], max_length=request["max_length"],
            stride=request["stride"], return_overflowing_tokens=True).encodings
    except BaseException as error:  # some refusals of `tokenizers` are panics
        if isinstance(error, KeyboardInterrupt):
            raise
        return None
    return [window(encoding, maps, plain) for encoding in encodings]


def main():
    cases = []
    for number, (name, backend, config) in enumerate(tokenizers()):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "tokenizer.json").write_text(backend.to_str())
            (Path(folder) / "tokenizer_config.json").write_text(json.dumps(config))
            reference = AutoTokenizer.from_pretrained(folder)
        answers = []
        for k, request in enumerate(requests()):
            if k % 3 != number % 3:  # each is seen by one or two
                continue
            special = k % 7 != 0
            answers.append({**request, "special": special,
                            "windows": answer(reference, request, special,
                                              name == "none")})
        cases.append({"name": name, "tokenizer": backend.to_str(), "config": json.dumps(config),
                      "requests": answers})
        refused = sum(a["windows"] is None for a in answers)
        print(f"{name}: {len(answers)} requests, {refused} refused")
    dump = dict(ensure_ascii=False, separators=(",", ":"))
    file = Path(__file__).parent / "tokenizers" / "windows.json"
    file.write_text(json.dumps(cases, **dump) + "\n")
    print(file.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
