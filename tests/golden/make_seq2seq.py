"""Makes the tiny random encoder-decoders of tests/golden/models that are not Marian's: BART, mBART,
Pegasus, M2M100 and T5, with what Python computes for them.

    python tests/golden/make_seq2seq.py            # all
    python tests/golden/make_seq2seq.py t5 bart-f16

Needs what make_models.py needs; the folders hold the same files.
"""

import math
import sys

import torch
from transformers import (BartConfig, BartForConditionalGeneration, M2M100Config,
                          M2M100ForConditionalGeneration, MBartConfig,
                          MBartForConditionalGeneration, PegasusConfig,
                          PegasusForConditionalGeneration, T5Config, T5ForConditionalGeneration)
from transformers.models.t5.modeling_t5 import T5Attention, T5LayerNorm

import make_models
from make_models import EOS, MAX_POSITIONS, fresh, rounded, store, write

FAIRSEQ = {
    "bart": (BartConfig, BartForConditionalGeneration),
    "mbart": (MBartConfig, MBartForConditionalGeneration),
    "pegasus": (PegasusConfig, PegasusForConditionalGeneration),
    "m2m100": (M2M100Config, M2M100ForConditionalGeneration),
}
# name: (family, configuration, how it is stored)
MODELS = {
    "bart": ("bart", dict(d=24, heads=(3, 4), layers=(2, 2), ffn=(40, 36), act="gelu", vocab=61,
                          scale=False), {}),
    "bart-scaled-f16": ("bart", dict(d=20, heads=(2, 2), layers=(1, 3), ffn=(32, 32), act="relu",
                                     vocab=53, scale=True), dict(dtype=torch.float16)),
    "bart-untied": ("bart", dict(d=20, heads=(4, 2), layers=(1, 1), ffn=(28, 40), act="gelu_new",
                                 vocab=47, scale=False, tie=False), {}),
    "mbart": ("mbart", dict(d=28, heads=(4, 2), layers=(2, 2), ffn=(36, 44), act="gelu", vocab=59,
                            scale=True), {}),
    "pegasus": ("pegasus", dict(d=24, heads=(2, 3), layers=(2, 2), ffn=(40, 40), act="relu",
                                vocab=55, scale=True), {}),
    "m2m100": ("m2m100", dict(d=28, heads=(7, 2), layers=(2, 2), ffn=(48, 32), act="relu",
                              vocab=63, scale=True, pad=1, first=2), {}),
    "t5": ("t5", dict(d=24, heads=3, dim=8, layers=(2, 2), ffn=40, act="relu", vocab=57), {}),
    "flan-t5": ("t5", dict(d=20, heads=3, dim=4, layers=(3, 1), ffn=28, act="gated-gelu", vocab=51,
                           tie=False), dict(dtype=torch.bfloat16)),
}


def fairseq_model(family, c):
    vocab = c["vocab"]
    pad = c.get("pad", vocab - 1)
    start = EOS if family == "m2m100" else pad
    config_class, model_class = FAIRSEQ[family]
    config = config_class(
        vocab_size=vocab, d_model=c["d"], max_position_embeddings=MAX_POSITIONS,
        encoder_layers=c["layers"][0], decoder_layers=c["layers"][1],
        encoder_attention_heads=c["heads"][0], decoder_attention_heads=c["heads"][1],
        encoder_ffn_dim=c["ffn"][0], decoder_ffn_dim=c["ffn"][1], activation_function=c["act"],
        scale_embedding=c["scale"], pad_token_id=pad, decoder_start_token_id=start,
        bos_token_id=EOS, eos_token_id=EOS, forced_eos_token_id=EOS,
        tie_word_embeddings=c.get("tie", True), attn_implementation="eager")
    return model_class(config).eval()


def t5_model(c):
    vocab = c["vocab"]
    config = T5Config(
        vocab_size=vocab, d_model=c["d"], d_kv=c["dim"], d_ff=c["ffn"], num_layers=c["layers"][0],
        num_decoder_layers=c["layers"][1], num_heads=c["heads"], feed_forward_proj=c["act"],
        relative_attention_num_buckets=8, relative_attention_max_distance=20,
        pad_token_id=vocab - 1, decoder_start_token_id=vocab - 1, eos_token_id=EOS,
        tie_word_embeddings=c.get("tie", True))
    return T5ForConditionalGeneration(config).eval()


def randomise(model, c, generator):
    """make_models.randomise(), and last norms under which generation wanders."""
    normal = lambda tensor, std, mean=0.0: tensor.copy_(
        mean + std * torch.randn(tensor.shape, generator=generator))
    bias = getattr(model, "final_logits_bias", None)
    if bias is not None:
        del model.final_logits_bias  # for what follows, a model like all others
    make_models.randomise(model, generator)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, T5LayerNorm):
                normal(module.weight, 0.3, mean=1.0)
            if isinstance(module, T5Attention):
                module.q.weight.mul_(c["dim"] ** -0.5)  # scores are not scaled
        std = 1.5 / math.sqrt(c["d"]) if c.get("scale") else 1.5
        decoder = model.get_decoder()
        for table in {model.get_input_embeddings(), model.get_output_embeddings()}:
            normal(table.weight, std)
        last = getattr(decoder, "final_layer_norm", None) or getattr(decoder, "layer_norm", None)
        last = last or decoder.layers[-1].final_layer_norm
        t5 = isinstance(last, T5LayerNorm)
        t5_std = 2.0 if model.config.tie_word_embeddings else 0.5
        wanted = t5_std if t5 else 3.0 / (std * math.sqrt(c["d"]))
        normal(last.weight, wanted)
        if bias is not None:
            model.register_buffer("final_logits_bias", bias)
            normal(bias, 0.5)
            bias[0, EOS] = make_models.end_bias(model, 0.2)


def make(name, family, c, how):
    generator = torch.Generator().manual_seed(sum(name.encode()))
    model = t5_model(c) if family == "t5" else fairseq_model(family, c)
    randomise(model, c, generator)
    vocab = c["vocab"]
    model.generation_config.max_length = 20
    model.generation_config.bad_words_ids = [[model.config.pad_token_id]]
    model = store(model, fresh(name), how)
    cases = []
    for length in (1, 3, 27, 6):
        source = torch.randint(c.get("first", 1), vocab - 1, (1, length), generator=generator)
        source[0, -1] = EOS
        size = (1, 5 + length % 19)
        target = torch.randint(c.get("first", 1), vocab - 1, size, generator=generator)
        target[0, 0] = model.config.decoder_start_token_id
        with torch.no_grad():
            hidden = model.get_encoder()(source).last_hidden_state[0]
            logits = model(source, decoder_input_ids=target).logits[0]
        cases.append(dict(source=source[0].tolist(), target=target[0].tolist(),
                          hidden=rounded(hidden), logits=rounded(logits)))
    folder = make_models.HERE / name
    write(folder / "expected.json", dict(cases=cases))
    write(folder / "generate.json",
          dict(cases=make_models.generate_cases(model, c, vocab, generator)))


def main(wanted):
    torch.set_num_threads(1)
    for name, (family, config, how) in MODELS.items():
        if not wanted or name in wanted:
            print(name, flush=True)
            make(name, family, config, how)


if __name__ == "__main__":
    main(sys.argv[1:])
