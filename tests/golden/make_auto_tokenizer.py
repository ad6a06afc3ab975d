"""Makes tests/golden/tokenizers/auto.json: what Python's tokenizers give when they are called.

    python tests/golden/make_auto_tokenizer.py

Needs transformers 4.57, tokenizers 0.22, sentencepiece 0.2 and sacremoses. The tokenizers are those
of tests/golden/tokenizers and tests/golden/tasks. Offsets are in UTF-16 units.
"""
import json
import shutil
import tempfile
import warnings
from pathlib import Path

import transformers
from transformers import AutoTokenizer

transformers.logging.set_verbosity_error()
warnings.filterwarnings("ignore")

GOLDEN = Path(__file__).parent
KEYS = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"]
ROMAN = "The old teacher \U0001f600 can't see Dr. Smith's caf\u00e9, \u4e2d\u6587 i.e. the key."
TOKENIZED = "the old river"  # all known: of unknown tokens ours gives the unknown token
WORDS = ["The", "unhappiest", "\U0001f600\u00e9t\u00e9", "teacher"]

# Name, folder of tests/golden/tasks or None, files of tests/golden/tokenizers, other files.
FOLDERS = [
    ("bert", "bert", None, {}),
    ("marian", "marian", None, {}),
    ("cased", None, "wordpiece-cased", {"config.json": {"model_type": "bert"}}),
    ("uncased", None, "wordpiece-uncased", {}),
    ("left", "bert", None, {"tokenizer_config.json": {
        "tokenizer_class": "BertTokenizer", "padding_side": "left", "truncation_side": "left",
        "model_input_names": ["input_ids", "attention_mask"]}}),
    ("unpadded", "bert", None, {"tokenizer_config.json": {
        "tokenizer_class": "BertTokenizer", "pad_token": None, "sep_token": "the",
        "additional_special_tokens": ["old", "a"]}}),
    ("roberta", "piece-roberta-mask", None, {}),
    ("xlm-roberta", "piece-xlm-roberta-answers", None, {}),
    ("albert", "piece-albert-answers", None, {}),
    ("deberta", "piece-deberta-entities", None, {}),
]

CALLS = [
    (ROMAN, {"return_offsets_mapping": True, "return_special_tokens_mask": True}),
    ("", {"return_offsets_mapping": True}),
    ([ROMAN, "a film", ""], {"padding": True, "return_special_tokens_mask": True,
                             "return_offsets_mapping": True}),
    ([ROMAN, "a film"], {"padding": "longest", "pad_to_multiple_of": 8}),
    ([ROMAN, "a film"], {"padding": "max_length", "max_length": 12}),
    ([ROMAN, "a film"], {"padding": "max_length", "max_length": 12, "truncation": True}),
    ([ROMAN, "a film"], {"padding": True, "padding_side": "left"}),
    (ROMAN, {"max_length": 7}),
    (ROMAN, {"max_length": 7, "truncation": False}),
    (ROMAN, {"add_special_tokens": False, "return_attention_mask": False}),
    ("good story", {"text_pair": ROMAN, "return_token_type_ids": True}),
    ("good story", {"text_pair": ROMAN, "truncation": "only_second", "max_length": 32,
                         "return_token_type_ids": True}),
    ([ROMAN, "a"], {"text_pair": ["a film", ROMAN], "truncation": True, "max_length": 12,
                    "padding": True}),
    (ROMAN * 2, {"truncation": "only_first", "max_length": 40, "text_pair": "a b"}),
]
FAST_CALLS = [
    (ROMAN, {"truncation": True, "max_length": 9, "stride": 3, "padding": True,
             "return_overflowing_tokens": True, "return_offsets_mapping": True,
             "return_special_tokens_mask": True}),
    (["a film", ROMAN], {"truncation": True, "max_length": 10, "return_overflowing_tokens": True}),
    (["q", "good"], {"text_pair": [ROMAN, "a"], "truncation": "only_second", "max_length": 16,
                     "stride": 2, "return_overflowing_tokens": True, "padding": "max_length"}),
    (WORDS, {"is_split_into_words": True, "return_offsets_mapping": True}),
    ([WORDS, ["a"]], {"is_split_into_words": True, "return_offsets_mapping": True,
                      "padding": True, "truncation": True, "max_length": 10}),
]


def units(text):
    offsets = [0]
    for c in text:
        offsets.append(offsets[-1] + (2 if ord(c) > 0xFFFF else 1))
    return offsets


def in_units(row, sequences, words, text, pair, split):
    """Offsets of one row, from characters to UTF-16 units of what each token is of."""
    out = []
    for (begin, end), sequence, word in zip(row, sequences, words):
        if sequence is None:
            out.append([begin, end])
            continue
        source = text[word] if split else (pair if sequence == 1 else text)
        offsets = units(source)
        out.append([offsets[begin], offsets[end]])
    return out


def called(tokenizer, text, options):
    try:
        result = tokenizer(text, **options)
    except Exception:  # of the Rust library, whose errors have no class of their own
        return None
    values = {key: value for key, value in result.items()}
    if "offset_mapping" not in values:
        return values
    split = options.get("is_split_into_words", False)
    batch = isinstance(text[0], list) if split else isinstance(text, list)
    rows = values["offset_mapping"]
    single = not batch and not options.get("return_overflowing_tokens")
    rows = [rows] if single else rows
    samples = values.get("overflow_to_sample_mapping", range(len(rows)))
    texts = text if batch else [text]
    pair = options.get("text_pair")
    pairs = pair if batch and pair else [pair] * len(texts)
    out = [
        in_units(row, result.sequence_ids(i), result.word_ids(i), texts[sample], pairs[sample],
                 split)
        for i, (row, sample) in enumerate(zip(rows, samples))
    ]
    values["offset_mapping"] = out[0] if single else out
    return values


def folder_of(task, prefix, others, target):
    if task:
        for name in ["config.json", "tokenizer_config.json", "tokenizer.json", "vocab.txt",
                     "vocab.json", "source.spm", "target.spm"]:
            if (GOLDEN / "tasks" / task / name).exists():
                shutil.copy(GOLDEN / "tasks" / task / name, target / name)
    else:
        for file in (GOLDEN / "tokenizers").glob(prefix + ".*"):
            if not file.name.endswith(".enc"):
                shutil.copy(file, target / file.name[len(prefix) + 1:])
    for name, content in others.items():
        (target / name).write_text(json.dumps(content))


def described(name, task, prefix, others):
    with tempfile.TemporaryDirectory() as folder:
        folder_of(task, prefix, others, Path(folder))
        tokenizer = AutoTokenizer.from_pretrained(folder)
        calls = CALLS + (FAST_CALLS if tokenizer.is_fast else [])
        if not tokenizer.is_fast:  # which have no offsets, and a type too few
            without = ["return_offsets_mapping", "return_token_type_ids"]
            calls = [(text, {k: v for k, v in options.items() if k not in without})
                     for text, options in calls]
        if tokenizer.pad_token is None:
            calls = [call for call in calls if "padding" not in call[1]]
        if tokenizer.model_max_length > 1e20:
            calls = [(text, options) for text, options in calls
                     if options.get("padding") != "max_length" or "max_length" in options]
        ids = tokenizer(ROMAN)["input_ids"]
        lookups = ["the", "[MASK]", "</s>", "<unk>", "zebra"]
        return {
            "name": name, "task": task, "prefix": prefix, "others": others,
            "info": {
                "model_max_length": tokenizer.model_max_length,
                "special": {key: [getattr(tokenizer, key + "_token"),
                                  getattr(tokenizer, key + "_token_id")] for key in KEYS},
                "all_special_tokens": tokenizer.all_special_tokens,
                "all_special_ids": tokenizer.all_special_ids,
                "vocab_size": len(tokenizer),
            },
            "calls": [{"text": text, "options": options,
                       "result": called(tokenizer, text, options)} for text, options in calls],
            "ids": ids,
            "decoded": [tokenizer.decode(ids), tokenizer.decode(ids, skip_special_tokens=True)],
            "tokens": tokenizer.convert_ids_to_tokens(ids),
            "tokenized": tokenizer.tokenize(TOKENIZED),
            "lookups": lookups, "found": tokenizer.convert_tokens_to_ids(lookups),
        }


folders = [described(*entry) for entry in FOLDERS]
lines = ",\n".join(json.dumps(folder, ensure_ascii=True) for folder in folders)
(GOLDEN / "tokenizers" / "auto.json").write_text(f"[\n{lines}\n]\n")
