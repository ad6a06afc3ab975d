"""Makes the tiny random decoders of tests/golden/models: GPT-2, Llama, Mistral, Qwen and Gemma,
with what Python computes for them.

    python tests/golden/make_causal.py            # all
    python tests/golden/make_causal.py gpt2 llama-3

Needs what make_models.py needs. Each folder holds a checkpoint and

  expected.json   ids, logits per position
  generate.json   as make_models.py describes; "source" is the prompt
"""

import math
import sys

import torch
from transformers import AutoModelForCausalLM, CONFIG_MAPPING

import make_models
from make_models import EOS, MAX_POSITIONS, fresh, rounded, write

COMMON = dict(bos_token_id=EOS, eos_token_id=EOS, attn_implementation="eager")
LLAMA3 = dict(rope_type="llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=16)
# name: (model type, configuration)
MODELS = {
    "gpt2": ("gpt2", dict(n_embd=24, n_head=3, n_layer=2, vocab_size=61)),
    "gpt2-relu-wide": ("gpt2", dict(n_embd=20, n_head=2, n_layer=1, n_inner=36, vocab_size=53,
                                    activation_function="relu")),
    "llama": ("llama", dict(hidden_size=24, num_attention_heads=3, num_hidden_layers=2,
                            intermediate_size=40, vocab_size=59)),
    "llama-3": ("llama", dict(hidden_size=24, num_attention_heads=4, num_key_value_heads=2,
                              head_dim=8, num_hidden_layers=2, intermediate_size=36,
                              vocab_size=55, rope_theta=500.0, rope_scaling=LLAMA3,
                              attention_bias=True, tie_word_embeddings=True)),
    "llama-linear": ("llama", dict(hidden_size=16, num_attention_heads=2, num_hidden_layers=1,
                                   intermediate_size=28, vocab_size=47,
                                   rope_scaling=dict(type="linear", factor=2.0))),
    "mistral": ("mistral", dict(hidden_size=24, num_attention_heads=6, num_key_value_heads=3,
                                num_hidden_layers=2, intermediate_size=40, vocab_size=57,
                                sliding_window=6)),
    "qwen2": ("qwen2", dict(hidden_size=24, num_attention_heads=3, num_key_value_heads=1,
                            num_hidden_layers=2, intermediate_size=32, vocab_size=63,
                            tie_word_embeddings=True)),
    "qwen3": ("qwen3", dict(hidden_size=20, num_attention_heads=2, num_key_value_heads=1,
                            head_dim=12, num_hidden_layers=2, intermediate_size=32,
                            vocab_size=51)),
    "gemma": ("gemma", dict(hidden_size=24, num_attention_heads=2, num_key_value_heads=1,
                            head_dim=16, num_hidden_layers=2, intermediate_size=36,
                            vocab_size=61)),
}


def build(model_type, c):
    vocab = c["vocab_size"]
    key = "n_positions" if model_type == "gpt2" else "max_position_embeddings"
    config = CONFIG_MAPPING[model_type](pad_token_id=vocab - 1, **COMMON, **{key: MAX_POSITIONS},
                                        **c)
    return AutoModelForCausalLM.from_config(config, attn_implementation="eager").eval()


def randomise(model, generator):
    normal = lambda tensor, std, mean=0.0: tensor.copy_(
        mean + std * torch.randn(tensor.shape, generator=generator))
    offset = 0.0 if model.config.model_type == "gemma" else 1.0
    scaled = model.config.model_type == "gemma"
    width = model.config.hidden_size
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            if "norm" in name or ".ln_" in name:
                normal(tensor, 0.3, mean=offset if name.endswith("weight") else 0.0)
            elif name.endswith("bias"):
                normal(tensor, 0.2)
            elif "embed" in name or "wte" in name or "wpe" in name:
                normal(tensor, 1.5 / math.sqrt(width) if scaled else 1.0)
            else:
                fan_in = tensor.shape[0 if model.config.model_type == "gpt2" else 1]
                normal(tensor, 1.3 / math.sqrt(fan_in))
        # Signs that keep a tied table from predicting each token after itself.
        last = model.transformer.ln_f if hasattr(model, "transformer") else model.model.norm
        last.weight.mul_(torch.randn(last.weight.shape, generator=generator).sign())


def make(name, model_type, c):
    generator = torch.Generator().manual_seed(sum(name.encode()))
    model = build(model_type, c)
    randomise(model, generator)
    vocab = c["vocab_size"]
    model.generation_config.bad_words_ids = [[vocab - 1]]
    folder = fresh(name)
    model.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)
    cases = []
    for length in (1, 4, 19, 11):
        ids = torch.randint(1, vocab - 1, (1, length), generator=generator)
        with torch.no_grad():
            logits = model(ids).logits[0]
        cases.append(dict(ids=ids[0].tolist(), logits=rounded(logits)))
    write(folder / "expected.json", dict(cases=cases))
    options = [
        dict(max_length=22), dict(max_new_tokens=7),
        dict(no_repeat_ngram_size=2, max_new_tokens=10),
        dict(repetition_penalty=1.4, min_new_tokens=5, max_length=20),
        dict(num_beams=3, max_length=18),
        dict(num_beams=4, num_return_sequences=2, length_penalty=0.5, max_new_tokens=9),
        dict(num_beams=2, early_stopping=True, max_length=20,
             bad_words_ids=[[5], [7, 3], [vocab - 1]]),
    ]
    write(folder / "generate.json", dict(cases=generate_cases(model, options, generator)))


def generate_cases(model, options, generator):
    cases = []
    for given in options:
        for _ in range(60):
            length = int(torch.randint(2, 8, (1,), generator=generator))
            vocab = model.config.vocab_size
            prompt = torch.randint(1, vocab - 1, (length,), generator=generator).tolist()
            expected = generate(model, prompt, given)
            if is_stable(model, prompt, given, expected):
                break
        else:
            raise SystemExit(f"no stable example for {given}")
        scores = expected[1] and [round(score, 6) for score in expected[1]]
        cases.append(dict(options=given, source=prompt, sequences=expected[0], scores=scores))
    return cases


def generate(model, prompt, options):
    ids = torch.tensor([prompt])
    with torch.no_grad():
        out = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False,
                             return_dict_in_generate=True, output_scores=True, **options)
    sequences = []
    for sequence in out.sequences.tolist():
        tail = sequence[len(prompt):]
        end = tail.index(EOS) + 1 if EOS in tail else len(tail)
        sequences.append(prompt + tail[:end])
    beams = options.get("num_beams", 1) > 1
    return sequences, out.sequences_scores.tolist() if beams else None


def is_stable(model, prompt, options, expected):
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    noise = torch.Generator().manual_seed(1)
    stable = True
    for _ in range(3):
        with torch.no_grad():
            for name, tensor in model.state_dict().items():
                factor = 1 + 3e-5 * torch.randn(tensor.shape, generator=noise)
                tensor.copy_(weights[name] * factor)
        stable = stable and generate(model, prompt, options)[0] == expected[0]
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            tensor.copy_(weights[name])
    return stable


def main(wanted):
    torch.set_num_threads(1)
    for name, (model_type, config) in MODELS.items():
        if not wanted or name in wanted:
            print(name, flush=True)
            make(name, model_type, config)


if __name__ == "__main__":
    main(sys.argv[1:])
