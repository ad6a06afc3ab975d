"""Makes tests/golden/tasks: tiny random-weight models with tokenizers, and what the pipelines of
Python make of texts.

    python tests/golden/make_tasks.py

Needs transformers 4.57, torch, sentencepiece and safetensors. Each folder holds a model as it would
be published and cases.json: inputs and options of a call, and its results.
"""

import json

import sentencepiece
import torch
from transformers import (BertConfig, BertForSequenceClassification, BertTokenizerFast,
                          MarianConfig, MarianMTModel, MarianTokenizer, pipeline)

import make_models
from make_models import EOS, MAX_POSITIONS, fresh, is_stable, randomise, store, write

SENTENCES = """the station is behind the old market and the river
where is the next train to the sea
a small boat waits near the bridge in the morning rain
she reads three letters and answers one of them
we walked home because the last bus had already left
il pleut sur la ville et sur la mer
la gare est derriere le vieux marche
un petit bateau attend pres du pont le matin
nous sommes rentres a pied parce que le bus etait parti
elle lit trois lettres et repond a une seule
Where does he live? Tomorrow, perhaps; who knows!
Combien coute ce livre, monsieur? Deux francs.""".splitlines()

WORDS = """the a is was not very good bad film book i it loved hated this that and but so boring
great never again perfect dull actors story un ##ly ##ing ##ed ##s ##able . , ! ?""".split()


def marian_tokenizer(folder):
    for side, lines in (("source", SENTENCES), ("target", SENTENCES[::-1] + SENTENCES[5:])):
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines), model_prefix=str(folder / side), vocab_size=90,
            character_coverage=1.0, normalization_rule_name="identity", minloglevel=2,
            hard_vocab_limit=False)
        (folder / f"{side}.model").rename(folder / f"{side}.spm")
        (folder / f"{side}.vocab").unlink()
    pieces = []
    for side in ("source", "target"):
        model = sentencepiece.SentencePieceProcessor(model_file=str(folder / f"{side}.spm"))
        pieces += [model.id_to_piece(i) for i in range(model.get_piece_size())]
    names = dict.fromkeys(["</s>", "<unk>"] + [p for p in pieces if p not in ("<s>", "</s>")]
                          + [">>fra<<", ">>deu<<", "<pad>"])
    vocab = {name: i for i, name in enumerate(names)}
    (folder / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False))
    config = dict(source_lang="en", target_lang="fr", model_max_length=MAX_POSITIONS)
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return MarianTokenizer.from_pretrained(folder), len(vocab)


def most_varied(build, results, seeds=range(40)):
    """The random model, of a few, whose results (a set of sequences) differ most."""
    def score(seed):
        model = build()
        randomise(model, torch.Generator().manual_seed(seed))
        found = results(model)
        lengths = {len(sequence) for sequence in found}
        return len(found) + len(lengths) + sum(len(set(sequence)) for sequence in found) / 10
    best = max(seeds, key=score)
    model = build()
    randomise(model, torch.Generator().manual_seed(best))
    return model


def make_marian():
    folder = fresh("marian")
    tokenizer, vocab = marian_tokenizer(folder)
    config = MarianConfig(
        vocab_size=vocab, d_model=24, max_position_embeddings=MAX_POSITIONS, encoder_layers=2,
        decoder_layers=2, encoder_attention_heads=3, decoder_attention_heads=3, encoder_ffn_dim=40,
        decoder_ffn_dim=40, activation_function="swish", scale_embedding=True,
        pad_token_id=vocab - 1, decoder_start_token_id=vocab - 1, eos_token_id=EOS,
        forced_eos_token_id=EOS, attn_implementation="eager")
    texts = ["where is the old market", ">>fra<< she reads a letter",
             "La gare est derriere le pont!", "the rain, the sea and the river",
             "42 boats\twait", "home"]
    model = most_varied(lambda: MarianMTModel(config).eval(), lambda model: {
        tuple(make_models.generate(model, tokenizer(text).input_ids,
                                   dict(num_beams=2, max_length=24))[0][0]) for text in texts})
    model.generation_config.max_length = 24
    model.generation_config.bad_words_ids = [[vocab - 1]]
    store(model, folder, {})
    pipe = pipeline("translation", model=model, tokenizer=tokenizer, device="cpu")
    options = [
        {}, dict(num_beams=1), dict(num_beams=3, num_return_sequences=3), dict(max_new_tokens=5),
        dict(num_beams=1, max_length=9), dict(num_beams=2, no_repeat_ngram_size=2, min_length=8),
        dict(num_beams=4, length_penalty=0.5, early_stopping=True),
    ]
    cases = [case for given in options for text in texts
             if (case := translation_case(pipe, text, given))]
    print(len(cases), "of", len(options) * len(texts), "translations are stable")
    write(folder / "cases.json", dict(cases=cases))


def translation_case(pipe, text, options):
    """A case, or None where the result hangs on the last bits of a float."""
    model, tokenizer = pipe.model, pipe.tokenizer
    ids = tokenizer(text, return_tensors="pt").input_ids
    beams = options.get("num_beams", pipe.generation_config.num_beams)
    effective = {**options, "num_beams": beams}
    out = make_models.generate(model, ids[0].tolist(), effective)
    if not is_stable(model, ids[0].tolist(), effective, out):
        return None
    results = [entry["translation_text"] for entry in pipe(text, **options)]
    decoded = [tokenizer.decode(sequence, skip_special_tokens=True) for sequence in out[0]]
    if results != decoded:
        raise SystemExit(f"the pipeline gives {results}, generate() {decoded}")
    tokens = [len(sequence) - 1 for sequence in out[0]]
    return dict(text=text, options=options, translations=results, scores=out[1], tokens=tokens)


def make_bert():
    folder = fresh("bert")
    letters = [prefix + letter for letter in "abcdefghijklmnopqrstuvwxyz" for prefix in ("", "##")]
    tokens = dict.fromkeys(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + WORDS + letters)
    (folder / "vocab.txt").write_text("".join(token + "\n" for token in tokens))
    tokenizer = BertTokenizerFast(folder / "vocab.txt")
    (folder / "tokenizer_config.json").write_text(
        json.dumps(dict(tokenizer_class="BertTokenizer", do_lower_case=True, model_max_length=32)))
    names = ["NEGATIVE", "NEUTRAL", "POSITIVE"]
    config = BertConfig(
        vocab_size=len(tokens), hidden_size=24, num_hidden_layers=2, num_attention_heads=3,
        intermediate_size=40, max_position_embeddings=MAX_POSITIONS,
        id2label=dict(enumerate(names)), label2id={name: i for i, name in enumerate(names)},
        attn_implementation="eager")
    texts = ["I loved this film.", "Boring, boring, BORING!", "", "zebra 42", "a"]
    model = most_varied(lambda: BertForSequenceClassification(config).eval(), lambda model: {
        tuple(model(**tokenizer(text, return_tensors="pt")).logits[0].argsort().tolist())
        for text in texts})
    store(model, folder, {})
    pipe = pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")
    long = "this film was so boring that i hated it and never again " * 3
    inputs = ["I loved this film.", "Boring, boring, BORING!", "", "zebra 42",
              dict(text="good story", text_pair="bad actors"), dict(text="a", text_pair="")]
    cases = []
    for options in ({}, dict(top_k=None), dict(top_k=2),
                    dict(function_to_apply="sigmoid", top_k=None),
                    dict(function_to_apply="none", top_k=None)):
        cases += [classification_case(pipe, given, options) for given in inputs]
    # The Python tokenizer made here has no model_max_length, so what is published is asked for.
    for extra in (dict(max_length=12), dict(max_length=32)):
        cut = {**extra, "truncation": True, "top_k": None}
        cases += [classification_case(pipe, given, cut)
                  for given in (long, dict(text=long, text_pair="a " * 15))]
    write(folder / "cases.json", dict(cases=cases))


def classification_case(pipe, given, options):
    with torch.no_grad():
        result = pipe([given], **options)[0]
    labels = result if isinstance(result, list) else [result]
    return dict(input=given, options=options, labels=labels)


if __name__ == "__main__":
    torch.set_num_threads(1)
    make_models.HERE = make_models.HERE.parent / "tasks"
    make_marian()
    make_bert()
