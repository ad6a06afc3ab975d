"""Folders of tokenizers without tokenizer.json, a family each: SentencePiece models, and vocab.json
with merges.txt."""
from collections import Counter

from tokenizers import pre_tokenizers
from transformers import M2M100Tokenizer

from tokenizer_lines import composed
from tokenizer_models import marian_vocab, sentence_pieces


class M2m100Reference:
    """A tokenizer without a fast form, and so without offsets."""

    def __init__(self, folder):
        self.tokenizer = M2M100Tokenizer.from_pretrained(folder)

    def encode(self, text, pair=None, **options):
        encoding = self.tokenizer(text, pair, return_special_tokens_mask=True, **options)
        rows = zip(encoding["input_ids"], encoding["special_tokens_mask"])
        return [[i, None, None, special] for i, special in rows], None

    def decode(self, ids, skip):
        return self.tokenizer.decode(ids, skip_special_tokens=skip)


def byte_level_files(merges, extra=()):
    """vocab.json and merges.txt, of the pairs that are most frequent in the lines."""
    splitter = pre_tokenizers.ByteLevel(add_prefix_space=False)
    counts = Counter(word for line in composed() for word, _ in splitter.pre_tokenize_str(line))
    words = {word: list(word) for word in counts}
    rules = []
    for _ in range(merges):
        pairs = Counter()
        for word, parts in words.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] += counts[word]
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        rules.append(best)
        for word, parts in words.items():
            i = 0
            while i + 1 < len(parts):
                if (parts[i], parts[i + 1]) == best:
                    parts[i:i + 2] = ["".join(best)]
                i += 1
    tokens = [*extra, *sorted(pre_tokenizers.ByteLevel.alphabet()), *map("".join, rules)]
    vocab = {token: i for i, token in enumerate(dict.fromkeys(tokens))}
    return vocab, [" ".join(rule) for rule in rules]


def byte_level_cases():
    vocab, rules = byte_level_files(500, ["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    # GPT-2's reader takes the first line for a comment, and drops what follows the last line feed.
    gpt2 = "\n".join(["#version: 0.2", *rules[:3], rules[1], *rules[3:]])
    # Qwen's does neither.
    qwen = "\n".join([rules[0], "", *rules[1:]])
    files = {"vocab.json": vocab, "merges.txt": gpt2}
    yield "gpt2", "gpt2-files", files
    yield "gpt2", "gpt2-options", {**files, "tokenizer_config.json": {
        "tokenizer_class": "GPT2Tokenizer", "add_prefix_space": True, "add_bos_token": True,
        "bos_token": "<s>", "pad_token": "<pad>"}}
    yield "roberta", "roberta-files", files
    yield "roberta", "roberta-options", {**files, "tokenizer_config.json": {
        "tokenizer_class": "RobertaTokenizer", "add_prefix_space": True, "trim_offsets": False,
        "mask_token": "[MASK]"}}
    yield "bart", "bart-files", files
    yield "qwen2", "qwen2-files", {"vocab.json": vocab, "merges.txt": qwen,
                                   "tokenizer_config.json": {"added_tokens_decoder": {
                                       str(len(vocab)): flags("<|endoftext|>"),
                                       str(len(vocab) + 1): flags("<|im_start|>")}}}


def flags(content):
    return {"content": content, "lstrip": False, "rstrip": False, "single_word": False,
            "normalized": False, "special": True}


def spm_cases():
    lines = composed()
    unigram = sentence_pieces(lines, vocab_size=2400, model_type="unigram",
                              normalization_rule_name="nmt_nfkc", character_coverage=0.999)
    small = sentence_pieces(lines, vocab_size=800, model_type="unigram",
                            normalization_rule_name="identity", character_coverage=0.98)
    named = {name: {"tokenizer_class": name} for name in ("MBart50Tokenizer", "NllbTokenizer")}
    for kind, file, config in (
            ("xlm-roberta", "sentencepiece.bpe.model", None),
            ("camembert", "sentencepiece.bpe.model", None),
            ("t5", "spiece.model", {"legacy": False, "extra_ids": 5}),
            ("t5", "spiece.model", {"add_prefix_space": False,
                                    "additional_special_tokens": ["<sep>"]}),
            ("albert", "spiece.model", {"keep_accents": True, "mask_token": "<mask>"}),
            ("deberta-v2", "spm.model", {"do_lower_case": True, "split_by_punct": True}),
            ("pegasus", "spiece.model", {"offset": 9}),
            ("mbart", "sentencepiece.bpe.model", {"src_lang": "de_DE"}),
            ("mbart", "sentencepiece.bpe.model", {**named["MBart50Tokenizer"],
                                                  "src_lang": "sl_SI"}),
            ("m2m_100", "sentencepiece.bpe.model", {**named["NllbTokenizer"],
                                                    "legacy_behaviour": True})):
        name = (config or {}).get("tokenizer_class", kind).removesuffix("Tokenizer").lower()
        options = "-options" if kind == "t5" and "legacy" not in config else ""
        model = unigram if kind in ("xlm-roberta", "t5", "albert", "deberta-v2") else small
        yield kind, f"{name}-files{options}", {
            file: model, **({"tokenizer_config.json": config} if config else {})}
    codes = [f"__{code}__" for code in ("af", "am", "ar")]
    yield "m2m_100", "m2m100-files", {
        "sentencepiece.bpe.model": small, "vocab.json": marian_vocab(small),
        "tokenizer_config.json": {"src_lang": "fr"},
        "special_tokens_map.json": {"additional_special_tokens": codes}}


def byte_fallback_cases():
    lines = composed()
    common = dict(model_type="bpe", byte_fallback=True, normalization_rule_name="identity",
                  character_coverage=0.98, remove_extra_whitespaces=False)
    llama = sentence_pieces(lines, vocab_size=900, user_defined_symbols=["<sep>"], **common)
    yield "llama", "llama-files", {"tokenizer.model": llama, "tokenizer_config.json": {
        "add_eos_token": True, "pad_token": "<pad>"}}
    yield "llama", "llama-new", {"tokenizer.model": llama, "tokenizer_config.json": {
        "legacy": False, "add_bos_token": False}}
    gemma = sentence_pieces(lines, vocab_size=880, add_dummy_prefix=False, pad_id=0, eos_id=1,
                            bos_id=2, unk_id=3, pad_piece="<pad>", eos_piece="<eos>",
                            bos_piece="<bos>", user_defined_symbols=["<start_of_turn>", "  "],
                            **common)
    yield "gemma", "gemma-files", {"tokenizer.model": gemma}


def family_cases():
    yield from byte_level_cases()
    yield from spm_cases()
    yield from byte_fallback_cases()
