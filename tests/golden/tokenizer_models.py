"""Small tokenizers for the goldens: WordPiece from counted pieces, SentencePiece models trained or
written by hand, byte for byte the same on every run."""
import io
import json
import random
import struct
from collections import Counter

import sentencepiece
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from tokenizer_lines import composed

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def word_piece(lower, size, prefix="##", **settings):
    """A WordPiece tokenizer with the characters and the most frequent pieces of the lines. (The
    library's own trainer gives another vocabulary on every run.)"""
    normalizer = normalizers.BertNormalizer(lowercase=lower, **settings)
    splitter = pre_tokenizers.BertPreTokenizer()
    words, pieces = Counter(), Counter()
    for line in composed():
        text = normalizer.normalize_str(line)
        words.update(word for word, _ in splitter.pre_tokenize_str(text))
    for word, count in words.items():
        for start in range(len(word)):
            for end in range(start + 1, min(len(word), start + 9) + 1):
                pieces[(prefix if start else "") + word[start:end]] += count * (end - start)
    # Of characters all but the rarest, so that there are unknown words.
    single = [p for p in pieces if len(p.removeprefix(prefix)) == 1 and pieces[p] > 2]
    longer = sorted(set(pieces) - set(single), key=lambda piece: (-pieces[piece], piece))
    kept = SPECIAL + sorted(single) + longer[:max(0, size - len(single) - len(SPECIAL))]
    vocab = {piece: i for i, piece in enumerate(kept)}
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=100,
                                           continuing_subword_prefix=prefix))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = splitter
    tokenizer.decoder = decoders.WordPiece(prefix=prefix)
    return tokenizer


def template(tokenizer):
    ids = [(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    return processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=ids)


def compact(tokenizer):
    return json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":"))


def sentence_pieces(lines, **options):
    writer = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=writer, num_threads=1, minloglevel=2,
        hard_vocab_limit=False, shuffle_input_sentence=False, **options)
    return writer.getvalue()


def pieces_of(model):
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    return [processor.id_to_piece(i) for i in range(processor.get_piece_size())]


def marian_vocab(*models_, extra=()):
    """vocab.json of several models: ids in order, <pad> last as Marian's converter puts it."""
    vocab = {}
    for token in ["</s>", "<unk>", *(p for m in models_ for p in pieces_of(m)), *extra, "<pad>"]:
        vocab.setdefault(token, len(vocab))
    return vocab


# Protocol Buffers, as much as a SentencePiece model by hand takes.

def varint(number):
    out = b""
    while number > 127:
        out += bytes([number % 128 + 128])
        number //= 128
    return out + bytes([number])


def field(number, value):
    if isinstance(value, int):
        return varint(number * 8) + varint(value)
    if isinstance(value, float):
        return varint(number * 8 + 5) + struct.pack("<f", value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number * 8 + 2) + varint(len(value)) + value


NORMAL, UNKNOWN, CONTROL, USER, UNUSED = 1, 2, 3, 4, 5


def model_by_hand(kind, pieces, trainer=(), normalizer=()):
    out = b""
    for piece, score, kind_of_piece in pieces:
        out += field(1, field(1, piece) + field(2, score) + field(3, kind_of_piece))
    out += field(2, field(3, kind) + b"".join(field(n, v) for n, v in trainer))
    return out + field(3, b"".join(field(n, v) for n, v in normalizer))


def tiny_unigram():
    """Equal scores and equal sums, unused pieces, user-defined ones that overlap."""
    pieces = [("<unk>", 0.0, UNKNOWN), ("<s>", 0.0, CONTROL), ("</s>", 0.0, CONTROL)]
    pieces += [(p, -1.0, NORMAL) for p in ("▁", "a", "b", "c")]
    pieces += [(p, -2.0, NORMAL) for p in ("ab", "ba", "bc", "▁a", "aa", "ca")]
    pieces += [(p, -3.0, NORMAL) for p in ("abc", "aba", "bab", "▁ab", "aaa")]
    pieces += [("cab", -0.5, UNUSED), ("c▁a", -0.25, NORMAL), ("xy", 0.0, USER), ("xyz", 0.0, USER),
               ("yx", 0.0, USER), ("b▁", 0.0, USER), ("é", -4000.5, NORMAL), ("日", -4.5, UNUSED)]
    return model_by_hand(1, pieces)


def tiny_bpe():
    """Unused pieces inside others and at the end, a user-defined one, scores of both signs."""
    pieces = [("<unk>", 0.0, UNKNOWN), ("<s>", 0.0, CONTROL), ("</s>", 0.0, CONTROL)]
    pieces += [("ab", -0.0, NORMAL), ("bc", -1.0, UNUSED), ("abc", -2.0, UNUSED),
               ("aa", 1.5, NORMAL),
               ("▁a", -3.0, NORMAL), ("cab", -4.0, NORMAL), ("abcab", -5.0, UNUSED),
               ("xy", 0.0, USER), ("ba", 1.5, NORMAL), ("aab", -0.5, NORMAL), ("bcx", -6.0, NORMAL)]
    pieces += [(p, -10.0 - i, NORMAL) for i, p in enumerate("▁abcx")]
    return model_by_hand(2, pieces)


def letter_lines():
    """Short texts over the letters of the models by hand, and one long one."""
    rng = random.Random(5)
    lines = ["".join(rng.choice("aaabbbccxy  é日zゞ") for _ in range(rng.randint(1, 30)))
             for _ in range(150)]
    # The last one's scores add up to so much that sums are moved back to zero.
    return lines + ["abc cab xyz " * 30, "ゞ é" * 60]


# tokenizer.json of the other models, drawn at random over a few characters: equal scores, merges
# that compete, characters that are missing.

# Nothing of a class of `transformers` but what every fast tokenizer has.
PLAIN = {"tokenizer_class": "PreTrainedTokenizerFast"}
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def tokenizer_json(model, **stages):
    empty = {"normalizer": None, "pre_tokenizer": None, "post_processor": None, "decoder": None}
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [],
            **empty, **stages, "model": model}


def random_bpe(seed, extra=(), merges=40, as_pairs=False, affixes=("", ""), **options):
    """Merges of what was merged before, some pairs twice, tokens of several origins."""
    rng = random.Random(seed)
    prefix, suffix = affixes
    letters = [*"ab▁cé日"]
    tokens = letters + [prefix + c for c in letters if prefix] + [c + suffix for c in letters
                                                                   if suffix]
    tokens += [prefix + c + suffix for c in letters if prefix and suffix]
    vocab = {token: i for i, token in enumerate([*extra, *dict.fromkeys(tokens)])}
    rules = []
    for _ in range(merges):
        left, right = rng.choice(tokens), rng.choice(tokens)
        if (prefix and not right.startswith(prefix)) or (suffix and left.endswith(suffix)):
            continue
        joined = left + right[len(prefix):]
        if joined not in vocab:
            vocab[joined] = len(vocab)
            tokens.append(joined)
        rules.append([left, right])
    return {"type": "BPE", "dropout": None, "unk_token": None, "fuse_unk": False,
            "byte_fallback": False, "ignore_merges": False, "continuing_subword_prefix": prefix
            or None, "end_of_word_suffix": suffix or None, **options, "vocab": vocab,
            "merges": rules if as_pairs else [" ".join(rule) for rule in rules]}


def random_unigram(seed, extra=(), pieces=60, **options):
    """Few different scores, with many digits: sums that tie, or nearly so."""
    rng = random.Random(seed)
    scores = [struct.unpack("f", struct.pack("f", -rng.uniform(1, 9)))[0] for _ in range(4)]
    texts = dict.fromkeys([*"ab▁c"] + ["".join(rng.choice("ab▁cé日") for _ in range(
        rng.randint(1, 4))) for _ in range(pieces)])
    vocab = [["<unk>", 0.0]] + [[piece, -2] for piece in extra]
    vocab += [[piece, rng.choice(scores) * rng.randint(1, 2)] for piece in texts]
    return {"type": "Unigram", "unk_id": 0, "byte_fallback": False, **options, "vocab": vocab}


def model_lines(seed, characters="aaabbbcc▁▁é日ñ𠮷z", count=60):
    """Words for the models drawn at random; the last ones are longer than what caches keep."""
    rng = random.Random(seed)
    lengths = [rng.randint(1, 14) for _ in range(count)] + [33, 70, 200]
    return ["".join(rng.choice(characters) for _ in range(length)) for length in lengths]


def model_cases():
    """Token models alone: the whole text is one word."""
    models = {
        "bpe-unknown": random_bpe(1, ["<unk>"], unk_token="<unk>"),
        "bpe-fused": random_bpe(2, ["<unk>"], unk_token="<unk>", fuse_unk=True, as_pairs=True),
        "bpe-dropped": random_bpe(3, dropout=0.0),
        "bpe-bytes": random_bpe(4, [*BYTES, "<unk>"], 80, unk_token="<unk>", fuse_unk=True,
                                byte_fallback=True),
        # Bytes of some characters only: unknown tokens and bytes change places.
        "bpe-some-bytes": random_bpe(5, ["<unk>", "<0xC3>", "<0xB1>", "<0x7A>"], unk_token="<unk>",
                                     fuse_unk=True, byte_fallback=True),
        "bpe-ignore-merges": random_bpe(6, ["<unk>", "abab", "cab", "ñ"], unk_token="<unk>",
                                        ignore_merges=True),
        "bpe-affixes": random_bpe(7, ["[UNK]"], 120, unk_token="[UNK]", affixes=("##", "</w>")),
        "bpe-suffix": random_bpe(8, ["<unk>"], 120, unk_token="<unk>", affixes=("", "</w>")),
        "unigram": random_unigram(9),
        "unigram-bytes": random_unigram(10, BYTES, byte_fallback=True),
        "unigram-some-bytes": random_unigram(11, ["<0xC3>", "<0xB1>", "ñz"], byte_fallback=True),
        "unigram-twice": random_unigram(12, ["a", "ab", "abc", "日"], unk_id=2),
    }
    for seed, (name, model) in enumerate(models.items()):
        yield name, model_lines(seed), {
            "tokenizer.json": tokenizer_json(model), "tokenizer_config.json": PLAIN}
    words = {"<unk>": 7, "ab": 0, "a": 3, "日": 4, "a▁b": 5}
    splitter = {"type": "WhitespaceSplit"}
    yield "word-level", ["ab a b 日 a▁b abab", "日日 a"], {
        "tokenizer.json": tokenizer_json(
            {"type": "WordLevel", "vocab": words, "unk_token": "<unk>"}, pre_tokenizer=splitter),
        "tokenizer_config.json": PLAIN}
