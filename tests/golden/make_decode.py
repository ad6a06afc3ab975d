"""Makes tests/golden/decode/cases.json: what Python's generate() does with next-token scores that
come from a table instead of a network.

    python tests/golden/make_decode.py

Needs transformers 4.57 and torch. A table gives the logits after a sequence `ids`:

  logits[v] = last[ids[-1]][v] + before[ids[-2]][v]      (ids[-1] again where there is no ids[-2])
              + growth * len(ids) for the tokens v in `ends`

all in multiples of 1/256, so that every float holds them exactly. The options of a case are those
given to generate(), under their names in generation_config.json. Cases whose result hangs on the
last bits of a float are drawn again (see `is_stable`).
"""

import json
from pathlib import Path

import torch
from transformers import GenerationMixin, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutput

PATH = Path(__file__).resolve().parent / "decode" / "cases.json"
EOS, SECOND_EOS = 1, 2


class TableConfig(PretrainedConfig):
    model_type = "table"


class TableModel(PreTrainedModel, GenerationMixin):
    config_class = TableConfig
    main_input_name = "input_ids"

    def __init__(self, config, table, noise=0.0, seed=0):
        super().__init__(config)
        scale = torch.tensor(1 / 256)
        generator = torch.Generator().manual_seed(seed)
        shake = lambda t: t + noise * torch.randn(t.shape, generator=generator)
        self.last = shake(torch.tensor(table["last"]) * scale)
        self.before = shake(torch.tensor(table["before"]) * scale)
        self.growth = torch.tensor(table["growth"] / 256)
        self.ends = table["ends"]
        self.anchor = torch.nn.Parameter(torch.zeros(1))

    def prepare_inputs_for_generation(self, input_ids, **kwargs):
        return {"input_ids": input_ids}

    def forward(self, input_ids, return_dict=True, **kwargs):
        second = input_ids[:, -2] if input_ids.shape[1] > 1 else input_ids[:, -1]
        logits = self.last[input_ids[:, -1]] + self.before[second]
        logits[:, self.ends] += self.growth * input_ids.shape[1]
        return CausalLMOutput(logits=logits[:, None].float())


def make_table(vocab, seed, growth, ends):
    generator = torch.Generator().manual_seed(seed)
    draw = lambda std: (256 * std * torch.randn(vocab, vocab, generator=generator)).round().int()
    last, before = draw(1.6), draw(1.2)
    for end in ends:
        last[:, end] -= 3 * 256 // 2  # so that sequences end late enough to be interesting
    return dict(last=last.tolist(), before=before.tolist(), growth=growth, ends=ends)


def generate(model, prompt, options):
    with torch.no_grad():
        out = model.generate(torch.tensor([prompt]), do_sample=False, use_cache=False,
                             return_dict_in_generate=True, output_scores=True, output_logits=True,
                             **options)
    ends = options.get("eos_token_id", [])
    ends = ends if isinstance(ends, list) else [ends]
    sequences = [without_padding(ids, len(prompt), ends) for ids in out.sequences.tolist()]
    if options.get("num_beams", 1) > 1:
        return sequences, out.sequences_scores.tolist()
    return sequences, [greedy_score(out.logits, sequences[0], prompt, options)]


def without_padding(ids, prompt_length, ends):
    for place in range(prompt_length, len(ids)):
        if ids[place] in ends:
            return ids[:place + 1]
    return ids


def greedy_score(logits, ids, prompt, options):
    """Mean log-probability of the generated tokens; forced ones count as certain."""
    longest = options.get("max_length", len(prompt) + options.get("max_new_tokens", 0))
    total = 0.0
    for step, token in enumerate(ids[len(prompt):]):
        length = len(prompt) + step
        forced = (length == 1 and "forced_bos_token_id" in options) or \
            (length == longest - 1 and "forced_eos_token_id" in options)
        if not forced:
            total += float(logits[step][0].log_softmax(-1)[token])
    return total / (len(ids) - len(prompt))


def is_stable(config, table, prompt, options, sequences):
    for seed in range(1, 5):
        shaken = TableModel(config, table, noise=3e-4, seed=seed)
        if generate(shaken, prompt, options)[0] != sequences:
            return False
    return True


# Every mechanism alone and in company, under both searches where it makes sense.
BASIC = [
    dict(max_length=12),
    dict(max_new_tokens=9),
    dict(max_length=30),
    dict(max_length=12, eos_token_id=[EOS, SECOND_EOS]),
    dict(max_length=9, eos_token_id=None),
    dict(max_length=16, min_length=10),
    dict(max_length=20, min_new_tokens=8, eos_token_id=[EOS, SECOND_EOS]),
    dict(max_length=20, repetition_penalty=1.4),
    dict(max_length=14, repetition_penalty=0.7),
    dict(max_length=24, no_repeat_ngram_size=1),
    dict(max_length=24, no_repeat_ngram_size=2),
    dict(max_length=24, no_repeat_ngram_size=3, min_length=20),
    dict(max_length=18, bad_words_ids=[[7], [3, 4], [EOS], [9, 10, 11]]),
    dict(max_length=24, bad_words_ids=[[a, b] for a in range(3, 12) for b in (5, 8)]),
    dict(max_length=10, forced_bos_token_id=6),
    dict(max_length=8, forced_eos_token_id=EOS),
    dict(max_length=8, forced_eos_token_id=[EOS, SECOND_EOS], forced_bos_token_id=9),
    dict(max_length=14, suppress_tokens=[4, 6, 8, 10, 12]),
    dict(max_length=14, begin_suppress_tokens=[3, 5, 7, 9], forced_bos_token_id=5),
    dict(max_length=14, begin_suppress_tokens=[3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
    dict(max_length=22, sequence_bias=[[[5], 1.5], [[6, 7], -4.0], [[3, 7], 2.0], [[7], -1.25]]),
    dict(max_length=22, exponential_decay_length_penalty=[3, 1.3]),
    dict(max_length=16, encoder_repetition_penalty=1.7),
    dict(max_length=16, encoder_no_repeat_ngram_size=2, repetition_penalty=1.1),
    dict(max_length=16, renormalize_logits=True, repetition_penalty=1.5),
    dict(max_length=16, renormalize_logits=True, bad_words_ids=[[3], [5], [6, 7], [8, 9]],
         no_repeat_ngram_size=2, min_length=7),
    dict(max_length=16, renormalize_logits=True, sequence_bias=[[[4], 2.5], [[6, 7], -4.0]]),
    dict(max_length=15, remove_invalid_values=True, no_repeat_ngram_size=2),
]
BEAMS = [
    dict(num_beams=2, max_length=16),
    dict(num_beams=3, max_length=16, num_return_sequences=3),
    dict(num_beams=4, max_length=24, early_stopping=True, num_return_sequences=4),
    dict(num_beams=4, max_length=24, early_stopping=False, num_return_sequences=4),
    dict(num_beams=4, max_length=24, early_stopping="never", num_return_sequences=4),
    dict(num_beams=4, max_length=24, early_stopping=True, length_penalty=0.0),
    dict(num_beams=4, max_length=24, early_stopping=False, length_penalty=0.0),
    dict(num_beams=4, max_length=24, early_stopping="never", length_penalty=0.0),
    dict(num_beams=4, max_length=24, early_stopping="never", length_penalty=2.0),
    dict(num_beams=4, max_length=24, early_stopping=False, length_penalty=2.0),
    dict(num_beams=4, max_length=24, early_stopping=False, length_penalty=0.6),
    dict(num_beams=4, max_length=24, early_stopping=False, length_penalty=-1.0),
    dict(num_beams=4, max_length=24, early_stopping="never", length_penalty=-0.5),
    dict(num_beams=4, max_length=4, num_return_sequences=4),
    dict(num_beams=4, max_new_tokens=1, num_return_sequences=4),
    dict(num_beams=6, max_length=16, eos_token_id=[EOS, SECOND_EOS], num_return_sequences=6),
    dict(num_beams=6, max_length=16, eos_token_id=[EOS, SECOND_EOS], early_stopping=True),
    dict(num_beams=10, max_length=20, num_return_sequences=5, length_penalty=1.4),
    dict(num_beams=8, max_length=7, eos_token_id=None, num_return_sequences=8),
    dict(num_beams=5, max_length=20, no_repeat_ngram_size=2, repetition_penalty=1.2,
         min_length=9, bad_words_ids=[[5], [4, 6]], early_stopping=True, num_return_sequences=3),
    dict(num_beams=3, max_length=9, forced_bos_token_id=8, forced_eos_token_id=EOS,
         min_length=9, num_return_sequences=2),
]


def compares_beams(options):
    """False where beam search of Python gives nothing to compare with: the order of two forced
    ends is that of equal scores in torch.topk, and encoder_repetition_penalty reaches the first
    beam only (its source ids are not repeated for the others), which cannot be meant.
    """
    forced = options.get("forced_eos_token_id")
    return not isinstance(forced, list) and "encoder_repetition_penalty" not in options


def case_options():
    for options in BASIC:
        yield options
        if not compares_beams(options):
            continue
        yield dict(options, num_beams=3, num_return_sequences=2)
        yield dict(options, num_beams=5, early_stopping=True, length_penalty=0.8)
    yield from BEAMS
    for options in BEAMS:
        yield dict(options, renormalize_logits=False)  # the same on another table


def complete(options):
    options = dict(dict(eos_token_id=EOS, pad_token_id=0), **options)
    return {name: value for name, value in options.items() if value is not None}


def make_case(tables, names, options, number):
    options = complete(options)
    for attempt in range(200):
        name = names[(number + attempt) % len(names)]
        table = tables[name]
        vocab = len(table["last"])
        generator = torch.Generator().manual_seed(1000 * number + attempt)
        length = 1 + (number + attempt) % 3 * 2
        if "forced_bos_token_id" in options:
            length = 1
        prompt = torch.randint(3, vocab, (length,), generator=generator).tolist()
        if length >= options.get("max_length", 99):
            continue
        config = TableConfig(vocab_size=vocab)
        sequences, scores = generate(TableModel(config, table), prompt, options)
        if is_stable(config, table, prompt, options, sequences):
            return dict(table=name, prompt=prompt, options=options, sequences=sequences,
                        scores=[round(score, 5) for score in scores])
    raise SystemExit(f"no stable case for {options}")


def main():
    tables = {
        "slow": make_table(16, seed=1, growth=20, ends=[EOS]),
        "quick": make_table(16, seed=2, growth=90, ends=[EOS, SECOND_EOS]),
        "wide": make_table(40, seed=3, growth=45, ends=[EOS, SECOND_EOS]),
    }
    cases = [make_case(tables, list(tables), options, number)
             for number, options in enumerate(case_options())]
    # Fewer tokens than candidates are kept.
    tables["narrow"] = make_table(6, seed=5, growth=40, ends=[EOS])
    for number, beams in enumerate([2, 3, 4, 5]):
        options = dict(num_beams=beams, max_length=12, num_return_sequences=beams)
        cases.append(make_case(tables, ["narrow"], options, 500 + number))
    PATH.parent.mkdir(exist_ok=True)
    lines = [json.dumps({"tables": tables}, separators=(",", ":"))[:-1] + ',"cases":[']
    lines.append(",\n".join(json.dumps(case, separators=(",", ":")) for case in cases))
    PATH.write_text("\n".join(lines) + "\n]}\n")
    print(len(cases), "cases,", PATH.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
