"""Makes tests/golden/decode/sampling.json: which tokens Python's logits warpers keep, and the
distribution that is drawn from.

    python tests/golden/make_sampling.py

Needs transformers 4.57 and torch. Each case holds scores of one step (null for a banned token),
options of generate(), and the processed scores (null for what cannot be drawn).
"""

import json
from pathlib import Path

import torch
from transformers import GenerationConfig, GenerationMixin, PretrainedConfig

PATH = Path(__file__).resolve().parent / "decode" / "sampling.json"
EOS = [1, 2]
OPTIONS = [
    {}, {"top_k": 0}, {"temperature": 0.6}, {"temperature": 2.5, "top_k": 7}, {"top_k": 1},
    {"top_p": 0.9, "top_k": 0}, {"top_p": 0.3}, {"top_p": 0.0}, {"top_p": 0.95, "temperature": 0.5},
    {"min_p": 0.1}, {"min_p": 0.5, "top_k": 0}, {"min_p": 1.0}, {"typical_p": 0.9},
    {"typical_p": 0.2, "top_k": 0}, {"typical_p": 0.6, "top_p": 0.8},
    {"epsilon_cutoff": 0.02}, {"epsilon_cutoff": 0.3, "top_k": 0}, {"eta_cutoff": 0.05},
    {"eta_cutoff": 0.4, "top_k": 0}, {"eta_cutoff": 0.02, "temperature": 1.7},
    {"temperature": 0.8, "top_k": 12, "top_p": 0.85, "min_p": 0.05, "typical_p": 0.95,
     "epsilon_cutoff": 0.01, "eta_cutoff": 0.02},
]


def warped(scores, options, beams):
    config = GenerationConfig(do_sample=True, eos_token_id=EOS, num_beams=beams, **options)
    config._eos_token_tensor = torch.tensor(EOS)
    model = GenerationMixin()
    model.config = PretrainedConfig()
    processors = model._get_logits_processor(config, input_ids_seq_length=1, device="cpu")
    return processors(torch.tensor([[0]]), scores[None].clone())[0]


def numbers(scores):
    return [None if value == -torch.inf else round(value.item(), 6) for value in scores]


def is_stable(scores, options, beams):
    """Whether the last bits of a float decide nothing."""
    generator = torch.Generator().manual_seed(1)
    kept = warped(scores, options, beams).isfinite()
    shakes = (1e-5 * torch.randn(scores.shape, generator=generator) for _ in range(8))
    return all(torch.equal(kept, warped(scores + shake, options, beams).isfinite())
               for shake in shakes)


def make():
    generator = torch.Generator().manual_seed(3)
    cases = []
    for beams in (1, 3):
        for options in OPTIONS:
            while True:
                spread = torch.empty(()).uniform_(0.3, 3.0, generator=generator)
                scores = (spread * torch.randn(60, generator=generator) * 4096).round() / 4096
                scores[torch.randint(60, (4,), generator=generator)] = -torch.inf
                if beams > 1:
                    scores = scores.log_softmax(-1)
                scores = torch.tensor([round(s, 6) for s in scores.tolist()])
                if is_stable(scores, options, beams):
                    break
            cases.append({"options": {**options, "num_beams": beams}, "scores": numbers(scores),
                          "warped": numbers(warped(scores, options, beams))})
    lines = ",\n".join(json.dumps(case) for case in cases)
    PATH.write_text(f'{{"eos_token_id": {json.dumps(EOS)}, "cases": [\n{lines}\n]}}\n')


make()
