"""Makes tests/golden/decode/generation.json: what Python's generate() does with settings that the
other goldens leave out, on the tables of make_decode.py and on committed tiny models.

    python tests/golden/make_generation.py

Needs transformers 4.57 and torch. A case names a table or a model, and holds options under their
names in generation_config.json and, per returned sequence, its ids, its score (of beams) and what
compute_transition_scores() gives for its tokens (with normalize_logits, but for beams).
"stop_after" is the number of steps after which a stopping criterion ends all, as max_time does.

"pieces" is what each token adds to a text: stop strings are looked for in these. What tokens of
committed tokenizers add is stored in decode/pieces.json, by folder of tests/golden/tasks.
"""

import json
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer
from transformers.generation import stopping_criteria
from transformers.generation.stopping_criteria import StopStringCriteria, StoppingCriteria

import make_decode
from make_decode import EOS, SECOND_EOS, TableConfig, TableModel, without_padding

HERE = Path(__file__).resolve().parent
PATH = HERE / "decode" / "generation.json"
CAUSAL = ["gpt2", "llama-3", "mistral"]
SEQ2SEQ = ["bart", "t5", "m2m100"]
TOKENIZERS = ["gpt2", "llama", "qwen2", "marian", "bert"]
# Letters repeat from token to token, so that stop strings lie over several, and in their middle.
PIECES = ["", "</s>", "ab", "a", "b", "aba", " a", "ba ", "ab ab", "c", "bc", "é", "aé", "c a",
          "\ufffd", "abc"]


class After(StoppingCriteria):
    def __init__(self, length):
        self.length = length

    def __call__(self, input_ids, scores, **kwargs):
        return torch.full((input_ids.shape[0],), input_ids.shape[1] >= self.length)


class PieceTokenizer:
    """What StopStringCriteria asks of a tokenizer."""

    def __init__(self, vocab):
        self.vocab = {f"token {i}": i for i in range(vocab)}

    def get_vocab(self):
        return self.vocab

    def __call__(self, text, add_special_tokens):
        return {"input_ids": [text]}

    def _convert_id_to_token(self, token):
        return token

    def convert_tokens_to_string(self, tokens):
        return tokens[0] + PIECES[self.vocab[tokens[1]] % len(PIECES)]


def generate(model, prompt, options, stop_after=None):
    stopping_criteria.STOP_STRING_EMBEDDING_CACHE.clear()
    options = dict(options)
    if isinstance(model, TableModel):
        options["use_cache"] = False
    if stop_after:
        start = 1 if model.config.is_encoder_decoder else len(prompt)
        options["stopping_criteria"] = [After(start + stop_after)]
    if "stop_strings" in options:
        # Given as it is: 4.57 hands the tokenizer on to models, and BART refuses it.
        stop = StopStringCriteria(PieceTokenizer(model.config.vocab_size),
                                  options.pop("stop_strings"))
        options["stopping_criteria"] = [stop]
    # Guesses change no output. With them 4.57 takes a start that is the end token for the end,
    # passes limits and misses stop strings within what it guessed; so these are without.
    options.pop("prompt_lookup_num_tokens", None)
    options.pop("max_matching_ngram_size", None)
    if "sequence_bias" in options:
        options["sequence_bias"] = {tuple(ids): bias for ids, bias in options["sequence_bias"]}
    ids = torch.tensor([prompt])
    if not isinstance(model, TableModel):
        options["attention_mask"] = torch.ones_like(ids)
    with torch.no_grad():
        return model.generate(ids, do_sample=False, return_dict_in_generate=True,
                              output_scores=True, **options)


def results(model, prompt, options, stop_after):
    out = generate(model, prompt, options, stop_after)
    beams = options.get("num_beams", 1) > 1
    start = 1 if model.config.is_encoder_decoder else len(prompt)
    ends = options.get("eos_token_id", model.generation_config.eos_token_id)
    ends = ends if isinstance(ends, list) else [ends]
    indices = out.beam_indices if beams else None
    scores = model.compute_transition_scores(out.sequences, out.scores, indices,
                                             normalize_logits=not beams)
    sequences, token_scores = [], []
    for place, ids in enumerate(out.sequences.tolist()):
        ids = without_padding(ids, start, ends)
        if beams:  # padded where another output is longer
            ids = ids[:start + int((out.beam_indices[place] >= 0).sum())]
        sequences.append(ids)
        token_scores.append(scores[place, :len(ids) - start].tolist())
    return sequences, out.sequences_scores.tolist() if beams else None, token_scores


def shaken(model, seed):
    """Another model a little beside it."""
    generator = torch.Generator().manual_seed(seed)
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with torch.no_grad():
        for tensor in model.state_dict().values():
            if tensor.is_floating_point():
                tensor.mul_(1 + 3e-5 * torch.randn(tensor.shape, generator=generator))
    return weights


def is_stable(model, prompt, options, stop_after, expected):
    for seed in range(1, 4):
        weights = shaken(model, seed)
        same = results(model, prompt, options, stop_after)[0] == expected
        model.load_state_dict(weights)
        if not same:
            return False
    return True


def rounded(values, digits):
    return values and [round(value, digits) for value in values]


def case_of(where, prompt, options, stop_after, result):
    sequences, scores, token_scores = result
    case = dict(where, prompt=prompt, options=options, sequences=sequences,
                scores=rounded(scores, 5), token_scores=[rounded(row, 5) for row in token_scores])
    return dict(case, stop_after=stop_after) if stop_after else case


# Options, and the number of steps after which all ends.
TABLE = [
    (dict(max_length=12), None),
    (dict(max_length=12, repetition_penalty=1.4, no_repeat_ngram_size=2), None),
    (dict(max_length=9, forced_bos_token_id=6, forced_eos_token_id=EOS), None),
    (dict(max_length=12, remove_invalid_values=True, bad_words_ids=[[3], [5]]), None),
    (dict(max_length=24, num_beams=3, num_return_sequences=3), None),
    (dict(max_length=16, num_beams=4, num_return_sequences=2, renormalize_logits=True,
          repetition_penalty=1.3), None),
    (dict(max_length=20, num_beams=5, num_return_sequences=5, early_stopping=True,
          eos_token_id=[EOS, SECOND_EOS]), None),
    (dict(max_length=30), 4),
    (dict(max_length=30, num_beams=3, num_return_sequences=3), 1),
    (dict(max_length=30, num_beams=3, num_return_sequences=3), 5),
    (dict(max_length=30, num_beams=4, num_return_sequences=2, early_stopping="never",
          length_penalty=2.0), 7),
    (dict(max_length=30, num_beams=4, num_return_sequences=4, length_penalty=0.4), 9),
    *[(dict(max_length=30, stop_strings=stop, **beams), None)
      for beams in ({}, dict(num_beams=3, num_return_sequences=2))
      for stop in ("abc", "ba", ["bab", "c c"], "a a", ["é"], "bcab", ["aa", "cb", "bb"], "</s>")],
]
MODELS = [
    dict(max_new_tokens=14, encoder_repetition_penalty=1.8),
    dict(max_new_tokens=12, encoder_no_repeat_ngram_size=2),
    dict(max_new_tokens=10, encoder_no_repeat_ngram_size=1, num_beams=3, num_return_sequences=2),
    dict(max_new_tokens=12, sequence_bias=[[[5], 2.5], [[6, 7], -4.0], [[9], 1.5]], num_beams=2),
    dict(max_new_tokens=12, suppress_tokens=[3, 4, 5, 6], begin_suppress_tokens=[7, 8, 9, 10],
         exponential_decay_length_penalty=[4, 1.3]),
    dict(max_new_tokens=12, stop_strings=["ab", "ca", "é"]),
    dict(max_new_tokens=12, stop_strings=["aba", "ca", "é"], num_beams=3),
    dict(max_new_tokens=24, prompt_lookup_num_tokens=4),
    dict(max_new_tokens=20, prompt_lookup_num_tokens=8, max_matching_ngram_size=1,
         repetition_penalty=1.2),
    dict(max_new_tokens=24, prompt_lookup_num_tokens=3, max_matching_ngram_size=3,
         stop_strings=["abab", "bb"]),
    dict(max_new_tokens=9, min_new_tokens=7, num_beams=4, num_return_sequences=3),
]


def table_cases(tables):
    for number, (options, stop_after) in enumerate(TABLE):
        options = dict(dict(eos_token_id=EOS, pad_token_id=0), **options)
        for attempt in range(400):
            generator = torch.Generator().manual_seed(7000 + 1000 * number + attempt)
            name = ["slow", "quick", "wide"][(number + attempt) % 3]
            table = tables[name]
            vocab = len(table["last"])
            length = 1 if "forced_bos_token_id" in options else 1 + attempt % 2
            prompt = torch.randint(3, vocab, (length,), generator=generator).tolist()
            model = TableModel(TableConfig(vocab_size=vocab), table)
            result = results(model, prompt, options, stop_after)
            longest = max(map(len, result[0])) - length
            if "stop_strings" in options and not 2 <= longest < 12:
                continue  # either at once or never
            if all(results(TableModel(model.config, table, noise=3e-4, seed=seed), prompt, options,
                           stop_after)[0] == result[0] for seed in range(1, 4)):
                yield case_of(dict(table=name), prompt, options, stop_after, result)
                break
        else:
            raise SystemExit(f"no stable case for {options}")


def model_cases(name, model):
    generator = torch.Generator().manual_seed(sum(name.encode()))
    vocab = model.config.vocab_size
    encodes = model.config.is_encoder_decoder
    for options in MODELS:
        if encodes and "prompt_lookup_num_tokens" in options:
            options = dict(options, min_new_tokens=10)
        for attempt in range(100):
            length = int(torch.randint(3, 9, (1,), generator=generator))
            prompt = torch.randint(3, vocab - 1, (length,), generator=generator).tolist()
            if encodes:
                prompt.append(model.generation_config.eos_token_id)
            result = results(model, prompt, options, None)
            if "stop_strings" in options and len(result[2][0]) in (1, options["max_new_tokens"]):
                continue
            if is_stable(model, prompt, options, None, result[0]):
                yield case_of(dict(model=name), prompt, options, None, result)
                break
        else:
            print("no stable case of", options)


def write_pieces():
    folders = {}
    for name in TOKENIZERS:
        tokenizer = AutoTokenizer.from_pretrained(HERE / "tasks" / name)
        tokens, ids = StopStringCriteria.clean_tokenizer_vocab(tokenizer)
        folders[name] = [token for _, token in sorted(zip(ids, tokens))]
    path = HERE / "decode" / "pieces.json"
    lines = ",\n".join(f"{json.dumps(name)}:{json.dumps(pieces, separators=(',', ':'))}"
                       for name, pieces in folders.items())
    path.write_text("{\n" + lines + "\n}\n")


def main():
    torch.set_num_threads(1)
    write_pieces()
    tables = json.loads(make_decode.PATH.read_text())["tables"]
    cases = list(table_cases(tables))
    for kind, names in ((AutoModelForCausalLM, CAUSAL), (AutoModelForSeq2SeqLM, SEQ2SEQ)):
        for name in names:
            print(name, flush=True)
            model = kind.from_pretrained(HERE / "models" / name, attn_implementation="eager",
                                         dtype=torch.float32)
            cases.extend(model_cases(name, model.eval()))
    lines = [json.dumps({"pieces": PIECES}, separators=(",", ":"))[:-1] + ',"cases":[']
    lines.append(",\n".join(json.dumps(case, separators=(",", ":")) for case in cases))
    PATH.write_text("\n".join(lines) + "\n]}\n")
    print(len(cases), "cases,", PATH.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
