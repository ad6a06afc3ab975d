"""Makes tests/golden/models: tiny random BERT and Marian checkpoints, with what Python computes.

    python tests/golden/make_models.py            # all
    python tests/golden/make_models.py marian-swish bert-gelu

Needs transformers 4.57, torch and safetensors. Each folder holds a checkpoint in Hugging Face
layout and

  expected.json   BERT: ids, type_ids, hidden (last hidden state), logits
                  Marian: source, target (decoder input ids), hidden (encoder), logits per position
  generate.json   Marian: cases of generate(): options laid over the folder's
                  generation_config.json (a null removes its value; max_length is 20 where nothing
                  says otherwise), source ids, sequences without padding, sequences_scores (null
                  for greedy search)

Weights are drawn so that activations keep their size through the layers and the logits are spread;
examples whose result hangs on the last bits of a float are drawn again (see `is_stable`).
"""

import json
import math
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertForSequenceClassification, MarianConfig, MarianMTModel
from transformers.models.marian.modeling_marian import MarianSinusoidalPositionalEmbedding

HERE = Path(__file__).resolve().parent / "models"
EOS = 0
MAX_POSITIONS = 48
BANNED = "banned"  # stands for words chosen once the source is known

# name: (configuration, how it is stored)
BERTS = {
    "bert-gelu": (dict(hidden_size=36, heads=3, layers=2, ffn=60, act="gelu", vocab=61,
                       labels=3), {}),
    "bert-relu-regression": (dict(hidden_size=20, heads=2, layers=1, ffn=52, act="relu", vocab=47,
                                  labels=1, problem_type="regression", layer_norm_eps=1e-6), {}),
    "bert-gelu-new-deep": (dict(hidden_size=20, heads=5, layers=4, ffn=32, act="gelu_new", vocab=53,
                                labels=["NEGATIVE", "POSITIVE"], layer_norm_eps=1e-5), {}),
    "bert-silu-bf16": (dict(hidden_size=24, heads=4, layers=3, ffn=44, act="silu", vocab=71,
                            labels=7, problem_type="multi_label_classification"),
                       dict(dtype=torch.bfloat16)),
    "bert-tanh-gelu-f16": (dict(hidden_size=52, heads=4, layers=1, ffn=100, act="gelu_pytorch_tanh",
                                vocab=83, labels=5), dict(dtype=torch.float16)),
    "bert-old-names": (dict(hidden_size=32, heads=2, layers=2, ffn=64, act="gelu", vocab=67,
                            labels=2, type_vocab_size=4), dict(old_names=True)),
    "bert-no-prefix": (dict(hidden_size=28, heads=7, layers=2, ffn=36, act="swish", vocab=59,
                            labels=4, type_vocab_size=1), dict(prefix=False)),
    "bert-int8": (dict(hidden_size=40, heads=4, layers=2, ffn=96, act="gelu", vocab=73, labels=2),
                  dict(int8=torch.float32)),
}
MARIANS = {
    "marian-swish": (dict(d=20, heads=(4, 2), layers=(2, 1), ffn=(36, 52), act="swish", vocab=67,
                          scale=True), {}),
    "marian-relu-deep": (dict(d=24, heads=(3, 4), layers=(4, 2), ffn=(40, 28), act="relu", vocab=59,
                              scale=False), dict(all_names=True)),
    "marian-gelu-f16": (dict(d=28, heads=(2, 7), layers=(1, 3), ffn=(48, 48), act="gelu", vocab=71,
                             scale=True), dict(dtype=torch.float16)),
    "marian-gelu-new-bf16": (dict(d=52, heads=(4, 13), layers=(1, 1), ffn=(60, 84), act="gelu_new",
                                  vocab=83, scale=True), dict(dtype=torch.bfloat16)),
    "marian-two-vocabularies": (dict(d=28, heads=(4, 4), layers=(2, 1), ffn=(32, 44), act="silu",
                                     vocab=61, target_vocab=89, scale=False, share=False), {}),
    "marian-untied": (dict(d=32, heads=(4, 2), layers=(1, 2), ffn=(64, 32), act="relu", vocab=53,
                           scale=True, tie=False), {}),
    "marian-untied-unshared": (dict(d=20, heads=(2, 5), layers=(2, 2), ffn=(24, 40), act="gelu",
                                    vocab=57, scale=False, tie=False, share=False), {}),
    "marian-int8": (dict(d=36, heads=(3, 3), layers=(2, 2), ffn=(64, 64), act="swish", vocab=79,
                         scale=True), dict(int8=torch.bfloat16)),
}


def rounded(tensor):
    """Nested lists with five decimals: a twentieth of the tolerance of the tests."""
    text = json.dumps(tensor.double().tolist())
    return json.loads(text, parse_float=lambda number: round(float(number), 5))


def randomise(model, generator):
    """Weights that keep activations of unit size, with biases and norms that matter."""
    normal = lambda tensor, std, mean=0.0: tensor.copy_(
        mean + std * torch.randn(tensor.shape, generator=generator))
    # Strong biases make a random decoder repeat one token whatever it reads.
    bias_std = 0.1 if hasattr(model, "final_logits_bias") else 0.3
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, torch.nn.Linear):
                normal(module.weight, 1.3 / math.sqrt(module.in_features))
                if module.bias is not None:
                    normal(module.bias, bias_std)
            elif isinstance(module, torch.nn.LayerNorm):
                normal(module.weight, 0.3, mean=1.0)
                if module.bias is not None:
                    normal(module.bias, bias_std)
        for module in model.modules():
            if type(module) is torch.nn.Embedding:  # not the sinusoidal positions
                normal(module.weight, 0.6)
        if hasattr(model, "final_logits_bias"):
            randomise_output(model, normal)


def randomise_output(model, normal):
    """Makes generation wander. A tied random table would predict each token after itself: random
    signs in the last norm break that, and input vectors a little larger than positions let both
    count.
    """
    embedding_std = 1.5 / math.sqrt(model.config.d_model) if model.config.scale_embedding else 1.5
    encoder, decoder = model.get_encoder(), model.get_decoder()
    for table in (encoder.embed_tokens, decoder.embed_tokens, model.lm_head):
        normal(table.weight, embedding_std)
    last_norm = decoder.layers[-1].final_layer_norm
    normal(last_norm.weight, 3.0 / (embedding_std * math.sqrt(model.config.d_model)))
    normal(model.final_logits_bias, 0.5)
    model.final_logits_bias[0, EOS] = end_bias(model, 0.2)


def end_bias(model, probability):
    """The bias under which sequences end at various lengths: the mean probability of EOS."""
    vocab = min(model.config.vocab_size, model.lm_head.out_features)
    ids = torch.randint(1, vocab - 1, (16, 12), generator=torch.Generator().manual_seed(2))
    logits = model(ids, decoder_input_ids=ids).logits
    low, high = -20.0, 20.0
    for _ in range(40):
        middle = (low + high) / 2
        model_probability = (logits + middle * (torch.arange(logits.shape[-1]) == EOS)).softmax(-1)
        if model_probability[..., EOS].mean() < probability:
            low = middle
        else:
            high = middle
    return float(model.final_logits_bias[0, EOS]) + round(low, 3)


def quantise_int8(model, scale_dtype):
    """Rounds every matrix to int8 rows in place. Returns what compressed-tensors would store."""
    stored = {}
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.dim() != 2 or min(tensor.shape) < 2 or "embed_positions" in name:
                continue
            scale = (tensor.abs().amax(dim=1, keepdim=True) / 127).to(scale_dtype)
            integers = torch.clamp(torch.round(tensor / scale.float()), -127, 127)
            tensor.copy_(integers * scale.float())
            stored[name] = integers.to(torch.int8)
            stored[name + "_scale"] = scale
    return stored


def old_bert_name(name):
    name = name.replace("LayerNorm.weight", "LayerNorm.gamma")
    return name.replace("LayerNorm.bias", "LayerNorm.beta")


def store(model, folder, how):
    """Writes the checkpoint, then loads what the file holds into `model`, in f32."""
    dtype = how.get("dtype", torch.float32)
    if "int8" in how:
        integers = quantise_int8(model, how["int8"])
        model.config.quantization_config = {
            "quant_method": "compressed-tensors", "format": "int-quantized",
            "config_groups": {"group_0": {"targets": ["Linear"], "weights": {
                "num_bits": 8, "type": "int", "symmetric": True, "strategy": "channel"}}}}
    model.to(dtype)
    model.config.dtype = dtype
    model.save_pretrained(folder)
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    path = folder / "model.safetensors"
    if "int8" in how:
        # One name of each tied matrix, as save_pretrained leaves them.
        from safetensors import safe_open
        with safe_open(path, "pt") as file:
            kept = {name: file.get_tensor(name) for name in file.keys()}
        for name in list(kept):
            if name in integers:
                kept[name] = integers[name]
                kept[name + "_scale"] = integers[name + "_scale"]
        save_file(kept, path, {"format": "pt"})
    elif how.get("old_names"):
        tensors = {old_bert_name(name): tensor for name, tensor in tensors.items()}
        tensors["bert.embeddings.position_ids"] = torch.arange(MAX_POSITIONS)[None]
        tensors["cls.predictions.bias"] = torch.zeros(3)
        tensors["cls.seq_relationship.weight"] = torch.zeros(2, 4)
        save_file(tensors, path, {"format": "pt"})
    elif how.get("prefix") is False:
        tensors = {name.removeprefix("bert."): tensor for name, tensor in tensors.items()}
        save_file(tensors, path, {"format": "pt"})
    elif how.get("all_names"):
        copies = {name: tensor.clone() for name, tensor in tensors.items()}
        save_file(copies, path, {"format": "pt"})
    path.chmod(0o644)
    model.float()
    for module in model.modules():
        if isinstance(module, MarianSinusoidalPositionalEmbedding):
            module._init_weight()  # not stored; Python computes it in f32 whatever the file's dtype
    return model


def make_bert(name, c, how):
    generator = torch.Generator().manual_seed(sum(name.encode()))
    labels = c["labels"]
    names = labels if isinstance(labels, list) else [f"LABEL_{i}" for i in range(labels)]
    optional = ("problem_type", "layer_norm_eps", "type_vocab_size")
    extra = {key: c[key] for key in optional if key in c}
    config = BertConfig(
        vocab_size=c["vocab"], hidden_size=c["hidden_size"], num_hidden_layers=c["layers"],
        num_attention_heads=c["heads"], intermediate_size=c["ffn"], hidden_act=c["act"],
        max_position_embeddings=MAX_POSITIONS, id2label=dict(enumerate(names)),
        label2id={label: i for i, label in enumerate(names)}, attn_implementation="eager", **extra)
    model = BertForSequenceClassification(config).eval()
    randomise(model, generator)
    folder = fresh(name)
    model = store(model, folder, how)
    cases = []
    for length in (1, 4, 11, 7):
        ids = torch.randint(1, c["vocab"], (1, length), generator=generator)
        types = torch.randint(0, config.type_vocab_size, (1, length), generator=generator)
        types = torch.sort(types)[0]
        if length == 7:
            types = torch.zeros_like(ids)
        with torch.no_grad():
            hidden = model.bert(ids, token_type_ids=types).last_hidden_state[0]
            logits = model(ids, token_type_ids=types).logits[0]
        cases.append(dict(ids=ids[0].tolist(), type_ids=[] if length == 7 else types[0].tolist(),
                          hidden=rounded(hidden), logits=rounded(logits)))
    write(folder / "expected.json", dict(cases=cases))


def marian_model(c, generator):
    vocab = c["vocab"]
    config = MarianConfig(
        vocab_size=vocab, d_model=c["d"], max_position_embeddings=MAX_POSITIONS,
        encoder_layers=c["layers"][0], decoder_layers=c["layers"][1],
        encoder_attention_heads=c["heads"][0], decoder_attention_heads=c["heads"][1],
        encoder_ffn_dim=c["ffn"][0], decoder_ffn_dim=c["ffn"][1], activation_function=c["act"],
        scale_embedding=c["scale"], pad_token_id=vocab - 1, decoder_start_token_id=vocab - 1,
        eos_token_id=EOS, forced_eos_token_id=EOS, tie_word_embeddings=c.get("tie", True),
        share_encoder_decoder_embeddings=c.get("share", True), attn_implementation="eager")
    model = MarianMTModel(config).eval()
    if "target_vocab" in c:
        model.resize_decoder_token_embeddings(c["target_vocab"])
    randomise(model, generator)
    model.generation_config.max_length = 20
    model.generation_config.bad_words_ids = [[vocab - 1]]
    return model


def make_marian(name, c, how):
    generator = torch.Generator().manual_seed(sum(name.encode()))
    model = marian_model(c, generator)
    folder = fresh(name)
    model = store(model, folder, how)
    target_vocab = model.lm_head.out_features
    cases = []
    for length in (1, 3, 9, 6):
        source = torch.randint(1, c["vocab"] - 1, (1, length), generator=generator)
        source[0, -1] = EOS
        target = torch.randint(0, target_vocab, (1, 5 + length % 4), generator=generator)
        target[0, 0] = model.config.decoder_start_token_id
        with torch.no_grad():
            hidden = model.get_encoder()(source).last_hidden_state[0]
            logits = model(source, decoder_input_ids=target).logits[0]
        cases.append(dict(source=source[0].tolist(), target=target[0].tolist(),
                          hidden=rounded(hidden), logits=rounded(logits)))
    write(folder / "expected.json", dict(cases=cases))
    write(folder / "generate.json", dict(cases=generate_cases(model, c, target_vocab, generator)))


def option_sets(target_vocab, generator):
    """The combinations of options compared, a few per mechanism and some of all together."""
    token = lambda: int(torch.randint(1, target_vocab - 1, (1,), generator=generator))
    return [
        dict(),
        dict(max_new_tokens=6),
        dict(min_length=9, max_length=14),
        dict(no_repeat_ngram_size=2),
        dict(repetition_penalty=1.3, no_repeat_ngram_size=3),
        dict(bad_words_ids=BANNED),
        dict(forced_bos_token_id=token(), max_length=9),
        dict(num_beams=2),
        dict(num_beams=4, early_stopping=True),
        dict(num_beams=4, length_penalty=0.6, num_return_sequences=3),
        dict(num_beams=4, length_penalty=2.0, early_stopping="never", max_length=16),
        dict(num_beams=5, num_return_sequences=5, early_stopping=True, max_new_tokens=8),
        dict(num_beams=5, no_repeat_ngram_size=2, repetition_penalty=1.3, num_return_sequences=2),
        dict(num_beams=4, bad_words_ids=BANNED, min_length=6),
        dict(num_beams=2, forced_bos_token_id=token(), forced_eos_token_id=None, max_length=8),
        dict(num_beams=5, early_stopping=False, length_penalty=0.6, min_length=4, max_length=30),
        dict(num_beams=4, early_stopping="never", length_penalty=0.6, no_repeat_ngram_size=3),
        dict(num_beams=2, max_new_tokens=1),
    ]


def generate(model, source, options):
    # Beam search of transformers 4.57 takes the size of the logits from config.vocab_size, which
    # fails where the target vocabulary has another size.
    model.config.vocab_size = model.lm_head.out_features
    with torch.no_grad():
        out = model.generate(torch.tensor([source]), do_sample=False, return_dict_in_generate=True,
                             output_scores=True, **options)
    sequences = [without_padding(ids) for ids in out.sequences.tolist()]
    beams = options.get("num_beams", 1) > 1
    return sequences, out.sequences_scores.tolist() if beams else None


def without_padding(ids):
    end = ids.index(EOS, 1) + 1 if EOS in ids[1:] else len(ids)
    return ids[:end]


def is_stable(model, source, options, expected):
    """True when float64 and slightly different weights give the same tokens: no near-ties."""
    sequences, scores = expected
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    noise = torch.Generator().manual_seed(1)
    stable = generate(model.double(), source, options)[0] == sequences
    model.float()
    for _ in range(3):
        with torch.no_grad():
            for name, tensor in model.state_dict().items():
                factor = 1 + 3e-5 * torch.randn(tensor.shape, generator=noise)
                tensor.copy_(weights[name] * factor)
        stable = stable and generate(model, source, options)[0] == sequences
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            tensor.copy_(weights[name])
    return stable


def with_banned_words(model, source, options):
    """Bans words of one to three tokens that the unhindered search would have used."""
    if options.get("bad_words_ids") is not BANNED:
        return options
    free = generate(model, source, {**options, "bad_words_ids": None, "min_length": 9})[0][0]
    words = [[model.config.pad_token_id], free[2:4], free[4:7], [free[1]]]
    return {**options, "bad_words_ids": words}


def interest(options, ids):
    """How much a result can tell: 3 for several different tokens not cut by the length limit."""
    limit = options.get("max_new_tokens", options.get("max_length", 20) - 1)
    wanders = len(set(ids)) >= min(5, limit)
    if wanders and (limit < 9 or len(ids) - 1 < limit):
        return 3
    return 2 if wanders else int(len(ids) > 3)


def generate_cases(model, c, target_vocab, generator):
    def draw():
        length = int(torch.randint(2, 9, (1,), generator=generator))
        words = torch.randint(c.get("first", 1), c["vocab"] - 1, (length,), generator=generator)
        return words.tolist() + [EOS]

    cases = []
    for wanted in option_sets(target_vocab, generator):
        for attempt in range(120):
            source = draw()
            options = with_banned_words(model, source, wanted)
            expected = generate(model, source, options)
            if interest(options, expected[0][0]) < 3 - attempt // 30:
                continue  # the longer the search, the less is asked
            if is_stable(model, source, options, expected):
                break
        else:
            raise SystemExit(f"no stable example for {wanted}")
        scores = expected[1] and [round(score, 6) for score in expected[1]]
        cases.append(dict(options=options, source=source, sequences=expected[0], scores=scores))
    return cases


def fresh(name):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def write(path, value):
    """One case to a line: small, yet a changed case shows as a changed line."""
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in value["cases"])
    path.write_text('{"cases":[\n' + lines + "\n]}\n")


def main(wanted):
    torch.set_num_threads(1)
    for name, (config, how) in BERTS.items():
        if not wanted or name in wanted:
            print(name, flush=True)
            make_bert(name, config, how)
    for name, (config, how) in MARIANS.items():
        if not wanted or name in wanted:
            print(name, flush=True)
            make_marian(name, config, how)


if __name__ == "__main__":
    main(sys.argv[1:])
