"""Makes tests/golden/tasks/piece-*: tiny random RoBERTas, XLM-RoBERTas, ALBERTs and DeBERTas with
tokenizers of their kinds, byte-level BPE and Unigram, and what the pipelines of Python make of
texts with them. make_understanding.py and make_encoder_tasks.py do the same for BERT.

    python tests/golden/make_piece_tasks.py

Needs transformers 4.57, torch, sentencepiece and safetensors. Offsets are in UTF-16 units.
"""

import json
import warnings
from collections import Counter
from itertools import pairwise

import torch
import transformers
from tokenizers import pre_tokenizers
from transformers import (AlbertConfig, AlbertForQuestionAnswering, AlbertTokenizerFast,
                          DebertaV2Config, DebertaV2ForTokenClassification, DebertaV2TokenizerFast,
                          RobertaConfig, RobertaForMaskedLM, RobertaForQuestionAnswering,
                          RobertaForSequenceClassification, RobertaForTokenClassification,
                          RobertaTokenizerFast, XLMRobertaConfig, XLMRobertaForQuestionAnswering,
                          XLMRobertaForTokenClassification, XLMRobertaTokenizerFast, pipeline)

import make_models
from make_encoder_tasks import Close, named, rounded
from make_models import fresh, randomise, write
from make_understanding import LONG, TEXTS, plain
from tokenizer_models import sentence_pieces

MODEL_LENGTH = 48
POSITIONS = 66
LINES = [*TEXTS, LONG, "the film was <good>, but not the book!",
         "It's a dull story; the actors weren't perfect.",
         "A great, great river. Zürich and Paris are old; the café is not.", "zebra crossings (42)"]
ENTITY_LABELS = ["O", "B-PER", "I-PER", "B-LOC-X", "I-LOC-X", "MISC"]
HIDDEN = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
              max_position_embeddings=POSITIONS, attn_implementation="eager")


def byte_level_files(folder, merges=110):
    """vocab.json and merges.txt of a byte-level BPE: the most frequent pair first, and of equally
    frequent ones the first of the alphabet."""
    splitter = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words = Counter(word for line in LINES for word, _ in splitter.pre_tokenize_str(line))
    words = {word: (list(word), count) for word, count in words.items()}
    made = []
    for _ in range(merges):
        pairs = Counter()
        for symbols, count in words.values():
            for pair in pairwise(symbols):
                pairs[pair] += count
        if not pairs:
            break
        left, right = min(pairs, key=lambda pair: (-pairs[pair], pair))
        made.append((left, right))
        for symbols, _ in words.values():
            at = 0
            while at + 1 < len(symbols):
                if (symbols[at], symbols[at + 1]) == (left, right):
                    symbols[at:at + 2] = [left + right]
                at += 1
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *sorted(pre_tokenizers.ByteLevel.alphabet()),
              *(left + right for left, right in made), "<mask>"]
    vocab = {token: i for i, token in enumerate(dict.fromkeys(tokens))}
    (folder / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in made))
    return dict(vocab_file=str(folder / "vocab.json"), merges_file=str(folder / "merges.txt"))


def unigram_file(folder, **options):
    (folder / "spm").write_bytes(sentence_pieces(
        LINES, vocab_size=150, model_type="unigram", character_coverage=1.0,
        normalization_rule_name="identity", **options))
    return dict(vocab_file=str(folder / "spm"))


TOKENIZERS = {
    "roberta": lambda folder: RobertaTokenizerFast(**byte_level_files(folder)),
    "xlm-roberta": lambda folder: XLMRobertaTokenizerFast(**unigram_file(folder)),
    "albert": lambda folder: AlbertTokenizerFast(**unigram_file(
        folder, pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, control_symbols="[CLS],[SEP],[MASK]",
        pad_piece="<pad>")),
    "deberta": lambda folder: DebertaV2TokenizerFast(**unigram_file(
        folder, pad_id=0, bos_id=1, eos_id=2, unk_id=3, pad_piece="[PAD]", bos_piece="[CLS]",
        eos_piece="[SEP]", unk_piece="[UNK]")),
}


def tokenizer_of(kind, folder):
    """The tokenizer, saved as published ones are: tokenizer.json and its configuration."""
    tokenizer = TOKENIZERS[kind](folder)
    tokenizer.model_max_length = MODEL_LENGTH
    for path in folder.iterdir():
        path.unlink()
    tokenizer.save_pretrained(folder)
    for path in folder.iterdir():
        if path.name not in ("tokenizer.json", "tokenizer_config.json"):
            path.unlink()
    return type(tokenizer).from_pretrained(folder)


def check_apart(scores):
    ordered = sorted(scores, reverse=True)
    if any(a - b < 1e-3 * a for a, b in pairwise(ordered)):
        raise Close(scores)


def seeded(kind, config, seed):
    model = kind(config).eval()
    randomise(model, torch.Generator().manual_seed(seed))
    base = model.base_model
    with torch.no_grad():  # else all tokens are much alike to it
        base.embeddings.word_embeddings.weight.mul_(4)
    return model


def first_apart(kind, config, cases_of, seeds=range(300)):
    """The first random model whose scores are apart and results differ, and its cases."""
    for seed in seeds:
        model = seeded(kind, config, seed)
        try:
            return model, cases_of(model)
        except Close:
            continue
    raise SystemExit("no random model has scores that are apart")


def make(name, tokenizer_kind, kind, config_kind, cases_of, **config):
    """A folder with a tokenizer, a model and cases.json.

    @param cases_of  makes the cases of (model, tokenizer); raises Close for another model
    """
    folder = fresh("piece-" + name)
    tokenizer = tokenizer_of(tokenizer_kind, folder)
    ids = {key: getattr(tokenizer, key + "_token_id") for key in ("bos", "eos", "pad")}
    ids = {key + "_token_id": value for key, value in ids.items() if value is not None}
    config = config_kind(vocab_size=len(tokenizer), **HIDDEN, **ids, **config)
    model, cases = first_apart(kind, config, lambda model: cases_of(model, tokenizer))
    make_models.store(model, folder, {})
    write(folder / "cases.json", dict(cases=cases))
    print(name, len(cases), "cases,", len(tokenizer), "tokens")


def filled_masks(model, tokenizer):
    pipe = pipeline("fill-mask", model=model, tokenizer=tokenizer, device="cpu")
    texts = ["Angela <mask> Sarah in Paris.", "<mask>", "the <mask>river <mask>, \U0001F6A3<mask>!"]
    calls = [({}, texts), (dict(top_k=2), texts[2:]),
             (dict(targets=["met", " the", "zebra"]), texts[:2])]
    cases = []
    for options, chosen in calls:
        for text in chosen:
            result = pipe(text, **options)
            for mask in result if isinstance(result[0], list) else [result]:
                check_apart([entry["score"] for entry in mask])
            cases.append(dict(input=text, options=options, result=rounded(result)))
    return cases


def entities(model, tokenizer):
    pipe = pipeline("token-classification", model=model, tokenizer=tokenizer, device="cpu")
    texts = [*TEXTS, "Angela-Sarah  (Paris)'s 東京 boat\nZürich"]
    with torch.no_grad():
        for text in texts:
            inputs = tokenizer(text, return_tensors="pt", truncation=True, max_length=40)
            top = model(**inputs).logits[0].topk(2).values
            if (top[:, 0] - top[:, 1]).min() < 0.01:
                raise Close(text)
    cases = []

    def case(text, options):
        cases.append(dict(input=text, options=options,
                          result=[plain(entry, text) for entry in pipe(text, **options)]))

    for strategy in ("none", "simple", "first", "average", "max"):
        for text in texts:
            case(text, dict(aggregation_strategy=strategy, ignore_labels=["O"]))
        case(texts[-1], dict(aggregation_strategy=strategy, ignore_labels=[]))
        if strategy != "none":
            case(LONG, dict(aggregation_strategy=strategy, stride=8))
    if len({entry.get("entity_group") for case in cases for entry in case["result"]}) < 4:
        raise Close("few labels")
    return cases


def answers(model, tokenizer):
    pipe = pipeline("question-answering", model=model, tokenizer=tokenizer, device="cpu")
    pairs = [("Where does Wolfgang live?", "Wolfgang lives in Berlin, not Paris. Angela met him."),
             ("Who met Sarah?", "\U0001F6A3 Angela met SARAH\tin the  rain: Zürich, 東京 Paris!"),
             ("What?", LONG)]
    cases = []
    for options in ({}, dict(top_k=3), dict(align_to_words=False, top_k=4),
                    dict(handle_impossible_answer=True, top_k=3),
                    dict(max_seq_len=40, doc_stride=4, top_k=2)):
        for question, context in pairs:
            with torch.no_grad():
                result = pipe(question=question, context=context, **options)
            result = result if isinstance(result, list) else [result]
            # Where spans run out, numpy picks some that are none, of score 0.
            result = [entry for entry in result if entry["score"] > 0]
            check_apart([entry["score"] for entry in result])
            cases.append(dict(question=question, context=context, options=options,
                              result=[plain(entry, context) for entry in result]))
    if len({entry["answer"] for case in cases for entry in case["result"]}) < 8:
        raise Close("few answers")
    return cases


def zero_shot(model, tokenizer):
    pipe = pipeline("zero-shot-classification", model=model, tokenizer=tokenizer, device="cpu")
    labels = ["film", "a story, but boring", "great"]
    texts = ["The film was good.", "A dull book \U0001F6A3 in Zürich!"]
    cases = []
    for options in ({}, dict(multi_label=True), dict(hypothesis_template="{} it is")):
        for text in texts:
            result = pipe(text, labels, **options)
            check_apart(result["scores"])
            cases.append(dict(kind="zero-shot", text=text, labels=labels, options=options,
                              config=None, result=rounded(result)))
    return cases + classified(model, tokenizer)


def classified(model, tokenizer):
    pipe = pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")
    inputs = ["It's a dull story", dict(text="The film was good.", text_pair="A boat in Zürich"),
              dict(text="", text_pair=" the\u00a0old market"),
              dict(text="who", text_pair="\U0001F600")]
    cases = []
    for given in inputs:
        for options in (dict(top_k=None), dict(top_k=1, function_to_apply="sigmoid")):
            result = pipe([given], **options)[0]
            result = result if isinstance(result, list) else [result]
            check_apart([entry["score"] for entry in result])
            cases.append(dict(kind="pairs", input=given, options=options, result=rounded(result)))
    return cases


def main():
    roberta = dict(type_vocab_size=1)
    tags = named(*ENTITY_LABELS)
    make("roberta-mask", "roberta", RobertaForMaskedLM, RobertaConfig, filled_masks, **roberta)
    make("roberta-entities", "roberta", RobertaForTokenClassification, RobertaConfig, entities,
         **roberta, **tags)
    make("xlm-roberta-entities", "xlm-roberta", XLMRobertaForTokenClassification, XLMRobertaConfig,
         entities, **roberta, **tags)
    make("deberta-entities", "deberta", DebertaV2ForTokenClassification, DebertaV2Config, entities,
         type_vocab_size=0, relative_attention=True, pos_att_type=["p2c", "c2p"],
         position_buckets=8, share_att_key=True, norm_rel_ebd="layer_norm", **tags)
    make("roberta-answers", "roberta", RobertaForQuestionAnswering, RobertaConfig, answers,
         **roberta)
    make("xlm-roberta-answers", "xlm-roberta", XLMRobertaForQuestionAnswering, XLMRobertaConfig,
         answers, **roberta)
    make("albert-answers", "albert", AlbertForQuestionAnswering, AlbertConfig, answers,
         embedding_size=12)
    make("roberta-labels", "roberta", RobertaForSequenceClassification, RobertaConfig, zero_shot,
         **roberta, **named("contradiction", "neutral", "entailment"))


if __name__ == "__main__":
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    warnings.filterwarnings("ignore")
    make_models.HERE = make_models.HERE.parent / "tasks"
    main()
