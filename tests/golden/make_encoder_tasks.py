"""Makes tests/golden/tasks/{zero-shot,fill-mask,ranking}: tiny random BERTs, and what the pipelines
of Python, and CrossEncoder of sentence-transformers, make of texts.

    python tests/golden/make_encoder_tasks.py

Needs transformers 4.57, torch, safetensors and sentence-transformers 5.7. A case holds the inputs
and options of a call and its result. In `config` a case may name another configuration of the same
weights, which lies beside config.json.
"""

import json

import torch
from transformers import (BertConfig, BertForMaskedLM, BertForSequenceClassification,
                          BertTokenizerFast, pipeline)

import make_models
from make_models import MAX_POSITIONS, fresh, randomise, write
from make_tasks import WORDS

MODEL_LENGTH = 32
LABELS = ["film", "book", "a story, but boring", "great"]


def rounded(value):
    """Floats of any structure with six decimals."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: rounded(entry) for key, entry in value.items()}
    return [rounded(entry) for entry in value] if isinstance(value, list) else value


def tokenizer_of(folder):
    letters = [prefix + letter for letter in "abcdefghijklmnopqrstuvwxyz" for prefix in ("", "##")]
    tokens = dict.fromkeys(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + WORDS + letters)
    (folder / "vocab.txt").write_text("".join(token + "\n" for token in tokens))
    (folder / "tokenizer_config.json").write_text(json.dumps(
        dict(tokenizer_class="BertTokenizer", do_lower_case=True, model_max_length=MODEL_LENGTH)))
    return BertTokenizerFast.from_pretrained(folder), len(tokens)


def config_of(vocab, **more):
    return BertConfig(vocab_size=vocab, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
                      intermediate_size=24, max_position_embeddings=MAX_POSITIONS,
                      attn_implementation="eager", **more)


class Close(Exception):
    """Scores are so close that their order hangs on the last bits of a float."""


def check_apart(scores):
    ordered = sorted(scores, reverse=True)
    if not all(a - b > 2e-4 for a, b in zip(ordered, ordered[1:])):
        raise Close(scores)


def first_apart(kind, config, cases_of):
    """The first random model whose scores are all apart, and what `cases_of` makes of it."""
    for seed in range(1000):
        model = kind(config).eval()
        randomise(model, torch.Generator().manual_seed(seed))
        # Else all texts are much alike to it.
        with torch.no_grad():
            model.bert.embeddings.word_embeddings.weight.mul_(3)
            model.bert.encoder.layer[-1].output.dense.bias.zero_()
        try:
            return model, cases_of(model)
        except Close:
            continue
    raise SystemExit("no random model has scores that are apart")


def named(*labels):
    return dict(id2label=dict(enumerate(labels)), label2id={name: i for i, name in
                                                            enumerate(labels)})


def make_zero_shot():
    folder = fresh("zero-shot")
    tokenizer, vocab = tokenizer_of(folder)
    config = config_of(vocab, **named("contradiction", "neutral", "ENTAILMENT"))
    first = config_of(vocab, architectures=["BertForSequenceClassification"],
                      **named("Entailed", "neutral", "contradiction"))
    (folder / "config-first.json").write_text(first.to_json_string())
    long = "this film was so boring that i hated it and never again " * 3
    texts = ["I loved this film.", "A dull book, but the actors... great!", "zebra {} 42", long]
    calls = [(LABELS, {}), (LABELS, dict(multi_label=True)), (["great"], {}),
             (LABELS[:3], dict(hypothesis_template="{0} is {{good}} and {0}!")),
             ("film, book ,,  great ", {}), (["a { b", "}"], dict(hypothesis_template="so {}")),
             # Too long to be kept whole beside any text, but not for the model.
             (["so " * 20, "film"], dict(multi_label=True))]

    def cases_of(model):
        cases = []
        for other in (None, "config-first.json"):
            model.config = config if other is None else first
            pipe = pipeline("zero-shot-classification", model=model, tokenizer=tokenizer,
                            device="cpu")
            for labels, options in calls if other is None else calls[:2]:
                chosen = texts[2:3] if len(labels[0]) > 50 else texts
                for text, result in zip(chosen, pipe(chosen, labels, **options)):
                    check_apart(result["scores"])
                    cases.append(dict(text=text, labels=labels, options=options, config=other,
                                      result=rounded(result), truncated=text == long))
        model.config = config
        return cases

    model, cases = first_apart(BertForSequenceClassification, config, cases_of)
    model.save_pretrained(folder)
    write(folder / "cases.json", dict(cases=cases))


def make_fill_mask():
    folder = fresh("fill-mask")
    tokenizer, vocab = tokenizer_of(folder)
    texts = ["I [MASK] this film.", "[MASK]", "the [MASK] was [MASK], but not [MASK] boring!",
             "A dull [PAD] book[MASK]ing"]
    long = "never again [MASK] " + "so boring " * 30
    cut = dict(tokenizer_kwargs=dict(truncation=True))
    calls = [({}, texts), (dict(top_k=2), texts), (dict(top_k=1000), texts[:1]),
             (dict(targets=["good", "film", "boring"]), texts[:2]),
             (dict(targets="bad"), texts[:3]), (dict(targets=["zebra", "good", "good"]), texts[:1]),
             (dict(top_k=2, targets=["good", "bad", "perfect"]), texts[2:3]), (cut, [long])]

    def cases_of(model):
        pipe = pipeline("fill-mask", model=model, tokenizer=tokenizer, device="cpu")
        cases = []
        for options, chosen in calls:
            for text in chosen:
                everything = options.get("top_k", 0) > vocab
                result = pipe(text, **(dict(top_k=vocab) if everything else options))
                for mask in result if isinstance(result[0], list) else [result]:
                    check_apart([entry["score"] for entry in mask][:8])
                if everything:  # the tail of the list is close together
                    result = result[:8]
                cases.append(dict(text=text, options=options.get("tokenizer_kwargs", options),
                                  result=rounded(result)))
        return cases

    model, cases = first_apart(BertForMaskedLM, config_of(vocab), cases_of)
    model.save_pretrained(folder)
    write(folder / "cases.json", dict(cases=cases))


def make_ranking():
    from sentence_transformers import CrossEncoder
    folder = fresh("ranking")
    _, vocab = tokenizer_of(folder)
    documents = ["a very good film", "boring", "the actors, the story", "never perfect! great?"]
    identity = dict(activation_fn="torch.nn.modules.linear.Identity")

    def cases_of(model):
        model.save_pretrained(folder)
        config = json.loads((folder / "config.json").read_text())
        (folder / "config-identity.json").write_text(
            json.dumps(dict(config, sentence_transformers=identity), indent=2))
        cases = []
        for other in (None, "config-identity.json"):
            encoder = CrossEncoder(str(folder), device="cpu",
                                   activation_fn=None if other is None else torch.nn.Identity())
            for query in ("good actors", "dull"):
                for options in ({}, dict(top_k=2)):
                    ranks = encoder.rank(query, documents, return_documents=True, **options)
                    check_apart([float(entry["score"]) for entry in ranks])
                    ranks = [dict(index=entry["corpus_id"], score=float(entry["score"]),
                                  text=entry["text"]) for entry in ranks]
                    cases.append(dict(query=query, documents=documents, options=options,
                                      config=other, ranks=rounded(ranks)))
        return cases

    _, cases = first_apart(BertForSequenceClassification, config_of(vocab, num_labels=1), cases_of)
    write(folder / "cases.json", dict(cases=cases))


if __name__ == "__main__":
    torch.set_num_threads(1)
    make_models.HERE = make_models.HERE.parent / "tasks"
    make_zero_shot()
    make_fill_mask()
    make_ranking()
