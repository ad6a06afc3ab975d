"""Makes the translators of several languages of tests/golden/tasks: M2M100, NLLB, mBART-50 and T5,
tiny and random, with tokenizers that have no tokenizer.json, and what Python makes of texts.

    python tests/golden/make_languages.py [NAME ...]

Needs what make_tasks.py needs. Each folder holds a model as it would be published and cases.json:
texts and options of a call, the ids of the source, and its results.
"""
import json
import sys
from pathlib import Path

import sentencepiece
import torch
from transformers import (AutoTokenizer, M2M100Config, M2M100ForConditionalGeneration, MBartConfig,
                          MBartForConditionalGeneration, T5Config, T5ForConditionalGeneration)
from transformers.models.m2m_100.tokenization_m2m_100 import FAIRSEQ_LANGUAGE_CODES

import make_models
import make_seq2seq
from make_models import MAX_POSITIONS, fresh, is_stable, store, write
from make_tasks import SENTENCES

TEXTS = ["where is the old market", "She reads a letter!", "la gare est derriere le pont",
         "the rain, the sea and the river", "home"]
TASKS = {"translation_en_to_fr": {"prefix": "translate English to French: ", "max_length": 19},
         "translation_en_to_de": {"prefix": "translate English to German: ", "num_beams": 3},
         "summarization": {"prefix": "summarize: "}}


def pieces(folder, name, **options):
    """A SentencePiece model in the folder; its pieces."""
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES), model_prefix="languages", vocab_size=70,
        character_coverage=1.0, normalization_rule_name="identity", minloglevel=2,
        hard_vocab_limit=False, **options)
    Path("languages.model").rename(folder / name)
    Path("languages.vocab").unlink()
    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / name))
    return [model.id_to_piece(i) for i in range(model.get_piece_size())]


def settings(folder, name, **more):
    config = {"tokenizer_class": name, "model_max_length": MAX_POSITIONS, **more}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def m2m100_files(folder):
    names = dict.fromkeys(["<s>", "<pad>", "</s>", "<unk>",
                           *pieces(folder, "sentencepiece.bpe.model")])
    vocab = {name: i for i, name in enumerate(names)}
    (folder / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False))
    settings(folder, "M2M100Tokenizer", src_lang="en", tgt_lang=None)
    codes = [f"__{code}__" for code in FAIRSEQ_LANGUAGE_CODES["m2m100"]]
    (folder / "special_tokens_map.json").write_text(
        json.dumps({"additional_special_tokens": codes}))


def nllb_files(folder):
    pieces(folder, "sentencepiece.bpe.model")
    settings(folder, "NllbTokenizer", src_lang="eng_Latn", tgt_lang=None)


def mbart50_files(folder):
    pieces(folder, "sentencepiece.bpe.model")
    settings(folder, "MBart50Tokenizer", src_lang="en_XX", tgt_lang="ro_RO")


def t5_files(folder):
    # generate() takes tokens of the padding's id for padding, so that unknown ones need another.
    pieces(folder, "spiece.model", pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    settings(folder, "T5Tokenizer", extra_ids=3)


def fairseq(config_class, model_class):
    def build(size):
        return model_class(config_class(
            vocab_size=size, d_model=20, max_position_embeddings=MAX_POSITIONS, encoder_layers=2,
            decoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=2,
            encoder_ffn_dim=28, decoder_ffn_dim=28, activation_function="relu",
            scale_embedding=True, pad_token_id=1, bos_token_id=0, eos_token_id=2,
            decoder_start_token_id=2, forced_eos_token_id=2, attn_implementation="eager")).eval()
    return build


def t5(size):
    return T5ForConditionalGeneration(T5Config(
        vocab_size=size, d_model=20, d_kv=10, d_ff=28, num_layers=2, num_decoder_layers=2,
        num_heads=2, feed_forward_proj="relu", relative_attention_num_buckets=8,
        relative_attention_max_distance=20, pad_token_id=0, decoder_start_token_id=0,
        eos_token_id=1, task_specific_params=TASKS)).eval()


MODELS = {
    "m2m100": (m2m100_files, fairseq(M2M100Config, M2M100ForConditionalGeneration),
               [("en", "fr"), ("fr", "en"), ("zh", "sw"), (None, "de")]),
    "nllb": (nllb_files, fairseq(M2M100Config, M2M100ForConditionalGeneration),
             [("eng_Latn", "fra_Latn"), ("zho_Hant", "ace_Arab"), (None, "zul_Latn")]),
    "mbart50": (mbart50_files, fairseq(MBartConfig, MBartForConditionalGeneration),
                [("en_XX", "fr_XX"), ("sl_SI", "ar_AR"), (None, None), ("gl_ES", None)]),
    "t5": (t5_files, t5, [("en", "fr"), ("en", "de"), (None, "de"), (None, None)]),
}


def prepared(tokenizer, model, text, source, target):
    """Ids of the source, and what the languages change of generate()'s options."""
    if hasattr(tokenizer, "_build_translation_inputs"):
        source = source or tokenizer.init_kwargs["src_lang"]
        target = target or tokenizer.init_kwargs["tgt_lang"]
        inputs = tokenizer._build_translation_inputs(
            text, src_lang=source, tgt_lang=target, return_tensors="pt")
        forced = inputs["forced_bos_token_id"]
        return inputs["input_ids"][0].tolist(), {"forced_bos_token_id": forced}
    own = TASKS[f"translation_{source or 'en'}_to_{target}"] if target else {}
    more = {key: value for key, value in own.items() if key != "prefix"}
    return tokenizer(own.get("prefix", "") + text).input_ids, more


def case(tokenizer, model, text, languages, options):
    ids, more = prepared(tokenizer, model, text, *languages)
    effective = {"num_beams": 4, **more, **options}
    out = make_models.generate(model, ids, effective)
    if not is_stable(model, ids, effective, out):
        return None
    given = {key: code for key, code in zip(("src_lang", "tgt_lang"), languages) if code}
    return dict(text=text, options={**given, **options}, ids=ids,
                translations=[tokenizer.decode(o, skip_special_tokens=True) for o in out[0]],
                scores=out[1], tokens=[len(sequence) - 1 for sequence in out[0]])


def draw(model, name, seed):
    generator = torch.Generator().manual_seed(seed)
    make_seq2seq.randomise(model, dict(d=20, dim=10, scale=name != "t5"), generator)
    return model


def varied(model, tokenizer, languages):
    """How many different texts a random model makes, and of how many lengths."""
    found = set()
    for pair in languages:
        for text in TEXTS:
            ids, more = prepared(tokenizer, model, text, *pair)
            for beams in (1, 4):
                out = make_models.generate(model, ids, {**more, "num_beams": beams,
                                                        "max_length": 16})[0][0]
                found.add(tokenizer.decode(out, skip_special_tokens=True))
    return len(found) + len({len(text) for text in found})


def make(name):
    fill, build, languages = MODELS[name]
    folder = fresh(name)
    fill(folder)
    (folder / "config.json").write_text(json.dumps({"model_type": build(300).config.model_type}))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = build(len(tokenizer) + 4)
    make_models.EOS = make_seq2seq.EOS = model.config.eos_token_id
    draw(model, name, max(range(16), key=lambda seed: varied(
        draw(model, name, seed), tokenizer, languages)))
    model.generation_config.max_length = 16
    store(model, folder, {})
    cases = [found for pair in languages for options in ({}, dict(num_beams=1)) for text in TEXTS
             if (found := case(tokenizer, model, text, pair, options))]
    print(name, len(cases), "stable, ", len({tuple(c["translations"]) for c in cases}), "different")
    write(folder / "cases.json", dict(languages=len(getattr(
        tokenizer, "lang_code_to_id", tokenizer.additional_special_tokens)), cases=cases))


if __name__ == "__main__":
    torch.set_num_threads(1)
    make_models.HERE = make_models.HERE.parent / "tasks"
    for name in sys.argv[1:] or MODELS:
        make(name)
