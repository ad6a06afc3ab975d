"""Makes tests/golden/tasks/{entities,answers,roles}: tiny random BERTs, and what the pipelines of
Python make of texts; for semantic roles, which Python has no pipeline for, what trying all
sequences of labels finds.

    python tests/golden/make_understanding.py

Needs transformers 4.57, torch and safetensors. Offsets are in UTF-16 units.
"""

import itertools
import json

import torch
from transformers import (BertConfig, BertForQuestionAnswering, BertForTokenClassification,
                          BertTokenizerFast, pipeline)

import make_models
from make_models import fresh, randomise, write

MODEL_LENGTH = 32
WORDS = """the a is was in of and to who where what when did does wolf gang angela sarah met lives
live berlin paris rain old market sold bought boat river her his for gave book not ##s ##ed ##ing
##er ##lin , . ? ! - é ## @""".split()
LONG = ("Angela met Sarah in Paris, and the old market was sold to Wolfgang for a boat. " * 3 +
        "Who gave the book to her? Not Berliner, who lives in the rain by the river.")
TEXTS = ["Wolfgang lives in Berlin.", "Angela met Sarah\tin PARIS, not Berlin!", "",
         "\U0001F6A3 Sarah's boat: Zürich–Café\u0301 Paris \U0001F600!", "zebra 42", "   "]


def tokenizer_of(folder):
    letters = [prefix + letter for letter in "abcdefghijklmnopqrstuvwxyz" for prefix in ("", "##")]
    tokens = dict.fromkeys(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + WORDS + letters)
    (folder / "vocab.txt").write_text("".join(token + "\n" for token in tokens))
    (folder / "tokenizer_config.json").write_text(json.dumps(
        dict(tokenizer_class="BertTokenizer", do_lower_case=True, model_max_length=MODEL_LENGTH)))
    return BertTokenizerFast.from_pretrained(folder), len(tokens)


def config_of(vocab, labels):
    return BertConfig(vocab_size=vocab, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
                      intermediate_size=24, max_position_embeddings=48,
                      id2label=dict(enumerate(labels)),
                      label2id={name: i for i, name in enumerate(labels)},
                      attn_implementation="eager")


def seeded(kind, config, seed):
    model = kind(config).eval()
    randomise(model, torch.Generator().manual_seed(seed))
    with torch.no_grad():  # else all tokens are much alike to it
        model.bert.embeddings.word_embeddings.weight.mul_(4)
        model.bert.embeddings.token_type_embeddings.weight.mul_(6)
        model.bert.encoder.layer[-1].output.dense.bias.zero_()
    return model


def best_of(kind, config, score, seeds=60):
    return seeded(kind, config, max(range(seeds), key=lambda s: score(seeded(kind, config, s))))


def units(text, offset):
    return len(text[:offset].encode("utf-16-le")) // 2


def plain(entry, text):
    """An entry of a result as JSON, with offsets in UTF-16 units."""
    out = {key: value if isinstance(value, (str, int)) else round(float(value), 6)
           for key, value in entry.items()}
    return {**out, "start": units(text, int(out["start"])), "end": units(text, int(out["end"]))}


def logits_of(model, tokenizer, text, **more):
    with torch.no_grad():
        return model(**tokenizer(text, return_tensors="pt", truncation=True, max_length=48),
                     **more).logits[0]


def margin(logits):
    top = logits.topk(2).values
    return (top[:, 0] - top[:, 1]).min().item()


def make_entities():
    folder = fresh("entities")
    tokenizer, vocab = tokenizer_of(folder)
    config = config_of(vocab, ["O", "B-PER", "I-PER", "B-LOC-X", "I-LOC-X", "MISC"])
    texts = TEXTS + [LONG]

    def score(model):
        if min(margin(logits_of(model, tokenizer, text)) for text in texts) < 0.01:
            return -1
        found = [e for text in texts[:4] for e in
                 pipeline("ner", model=model, tokenizer=tokenizer, aggregation_strategy="simple",
                          ignore_labels=[])(text)]
        joined = sum(" " in e["word"] for e in found)
        return 10 * len({e["entity_group"] for e in found}) + min(joined, 10)

    model = best_of(BertForTokenClassification, config, score)
    make_models.store(model, folder, {})
    pipe = pipeline("token-classification", model=model, tokenizer=tokenizer, device="cpu")
    cases = []

    def case(given, options, python=None):
        sentence = given if isinstance(given, str) else options.get("delimiter", " ").join(given)
        with torch.no_grad():
            result = pipe(given, **(python or options))
        if not isinstance(given, str):
            result = result[0] if result and isinstance(result[0], list) else result
        cases.append(dict(input=given, options=options,
                          result=[plain(entry, sentence) for entry in result]))

    strategies = ["none", "simple", "first", "average", "max"]
    for strategy in strategies:
        for text in TEXTS:
            case(text, dict(aggregation_strategy=strategy))
        case(TEXTS[1], dict(aggregation_strategy=strategy, ignore_labels=[]))
        case(TEXTS[1], dict(aggregation_strategy=strategy, ignore_labels=["MISC", "PER", "B-PER"]))
        words = ["Wolfgang", "met", "Angela-Sarah", "\U0001F600", "in", "Berlin."]
        given = dict(aggregation_strategy=strategy, is_split_into_words=True)
        case(words, given)
        case(words, {**given, "delimiter": "--"})
        if strategy == "none":
            continue
        for stride in (0, 8, 20):
            case(LONG, dict(aggregation_strategy=strategy, stride=stride))
        given = dict(aggregation_strategy=strategy, ignore_labels=[])
        case(LONG, given, {**given, "stride": (MODEL_LENGTH - 2) // 4})
    print("entities:", {e.get("entity_group") for c in cases for e in c["result"]})
    write(folder / "cases.json", dict(cases=cases))


def make_answers():
    folder = fresh("answers")
    tokenizer, vocab = tokenizer_of(folder)
    config = config_of(vocab, ["LABEL_0", "LABEL_1"])
    pairs = [("Where does Wolfgang live?", "Wolfgang lives in Berlin, not Paris. Angela met him."),
             ("Who met Sarah?",
              "\U0001F6A3 Angela met SARAH in the rain: Café\u0301 Zürich, Paris!"),
             ("who", "the old market was sold to the river in paris and the old market was not"),
             ("What?", LONG)]
    calls = [{}, dict(top_k=4), dict(align_to_words=False), dict(align_to_words=False, top_k=5),
             dict(max_answer_len=2, top_k=3), dict(handle_impossible_answer=True, top_k=3),
             dict(max_seq_len=20, doc_stride=4, top_k=3), dict(doc_stride=0, top_k=2),
             dict(max_seq_len=40, top_k=2)]

    def cases_of(model):
        pipe = pipeline("question-answering", model=model, tokenizer=tokenizer, device="cpu")
        cases = []
        for options in calls:
            for question, context in pairs:
                with torch.no_grad():
                    result = pipe(question=question, context=context, **options)
                result = result if isinstance(result, list) else [result]
                # Where spans run out, numpy picks some that are none, of score 0.
                result = [entry for entry in result if entry["score"] > 0]
                scores = [entry["score"] for entry in result]
                if any(a - b < 1e-3 * a for a, b in zip(scores, scores[1:])):
                    return []
                cases.append(dict(question=question, context=context, options=options,
                                  result=[plain(entry, context) for entry in result]))
        return cases

    def score(model):
        return len({entry["answer"] for case in cases_of(model) for entry in case["result"]})

    model = best_of(BertForQuestionAnswering, config, score)
    make_models.store(model, folder, {})
    cases = cases_of(model)
    print("answers:", len(cases), {case["result"][0]["answer"] for case in cases})
    write(folder / "cases.json", dict(cases=cases))


def best_labels(scores, labels):
    """The likeliest sequence that BIO allows, by trying, prefix by prefix, every allowed one."""
    def allowed(before, label):
        return not label.startswith("I-") or before in ("B-" + label[2:], label)

    paths = {None: (0.0, [])}  # the best so far by last label
    for row in scores:
        longer = {}
        for (last, (total, path)), (i, label) in itertools.product(paths.items(),
                                                                    enumerate(labels)):
            if not allowed(last or "", label):
                continue
            candidate = (total + row[i], path + [i])
            if label not in longer or candidate[0] > longer[label][0]:
                longer[label] = candidate
        paths = longer
    return max(paths.values(), key=lambda entry: entry[0])[1]


def roles_of(text, path, labels, starts, ends, probabilities):
    roles = []
    for word, index in enumerate(path):
        prefix, _, name = labels[index].partition("-")
        if prefix == "I":
            roles[-1][1].append(word)
        elif labels[index] != "O":
            roles.append((name or prefix, [word]))
    return [dict(role=role, text=text[starts[words[0]]:ends[words[-1]]],
                 start=units(text, starts[words[0]]), end=units(text, ends[words[-1]]),
                 score=round(sum(probabilities[w][path[w]] for w in words) / len(words), 6))
            for role, words in roles]


def role_case(model, tokenizer, labels, given, spans):
    """@param spans of the predicates that the input names, in characters"""
    words = given.get("words")
    text = given.get("text") or " ".join(words)
    encoding = tokenizer(words or text, is_split_into_words=words is not None,
                         return_offsets_mapping=True, return_tensors="pt")
    begins, at = [], 0
    for word in words or []:
        begins.append(at)
        at += len(word) + 1
    ids = encoding.word_ids()
    offsets = [(s + (begins[w] if begins and w is not None else 0),
                e + (begins[w] if begins and w is not None else 0))
               for (s, e), w in zip(encoding["offset_mapping"][0].tolist(), ids)]
    firsts = [i for i, w in enumerate(ids) if w is not None and ids[i - 1] != w]
    ends = [max(offsets[i][1] for i, w in enumerate(ids) if w == ids[first]) for first in firsts]
    result = []
    for start, end in spans:
        types = [int(w is not None and s < end and e > start) for w, (s, e) in zip(ids, offsets)]
        with torch.no_grad():
            logits = model(input_ids=encoding["input_ids"],
                           token_type_ids=torch.tensor([types])).logits[0].double()
        scores = logits.log_softmax(-1)[firsts]
        path = best_labels(scores.tolist(), labels)
        result.append(dict(predicate=text[start:end], start=units(text, start),
                           end=units(text, end),
                           roles=roles_of(text, path, labels, [offsets[i][0] for i in firsts], ends,
                                          scores.exp().tolist())))
    return dict(input=given, result=result)


def make_roles():
    folder = fresh("roles")
    tokenizer, vocab = tokenizer_of(folder)
    labels = ["O", "B-ARG0", "I-ARG0", "B-V", "I-V", "B-ARG1", "I-ARG1", "I-C-X"]
    config = config_of(vocab, labels)
    text = "Angela sold the boat, and Sarah bought \U0001F6A3 in Paris."
    words = ["Wolfgang", "gave", "her", "the", "book", ",", "not", "Berlin"]
    joined = " ".join(words)

    def span(sentence, word):
        start = sentence.index(word)
        return start, start + len(word)

    def cases_of(model):
        ask = lambda given, spans: role_case(model, tokenizer, labels, given, spans)
        bought = span(text, "bought")
        start, end = (units(text, offset) for offset in bought)
        return [
            ask(dict(text=text, predicates=["sold", "bought"]), [span(text, "sold"), bought]),
            ask(dict(text=text, predicates=[dict(start=start, end=end)]), [bought]),
            ask(dict(words=words, predicates=[1, "not"]),
                [span(joined, "gave"), span(joined, "not")]),
            ask(dict(text="the rain did rain", predicates=["rain"]), [(4, 8), (13, 17)]),
        ]

    def score(model):
        results = [entry for case in cases_of(model) for entry in case["result"]]
        spans = [role for entry in results for role in entry["roles"]]
        texts = {json.dumps(entry["roles"]) for entry in results}
        return 10 * len({role["role"] for role in spans}) + len(texts) + min(
            sum(" " in role["text"] for role in spans), 12)

    model = best_of(BertForTokenClassification, config, score)
    make_models.store(model, folder, {})
    cases = cases_of(model)
    print("roles:", [[(r["role"], r["text"]) for r in e["roles"]] for c in cases
                     for e in c["result"]])
    write(folder / "cases.json", dict(cases=cases))


if __name__ == "__main__":
    torch.set_num_threads(1)
    make_models.HERE = make_models.HERE.parent / "tasks"
    make_entities()
    make_answers()
    make_roles()
