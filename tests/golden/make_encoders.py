"""Makes tests/golden/encoders: a tiny random checkpoint for each encoder family and head, with what
Python computes (eager attention, f32).

    python tests/golden/make_encoders.py            # all
    python tests/golden/make_encoders.py bert-masked

Needs transformers 4.57, torch and safetensors. Each folder holds a checkpoint in Hugging Face
layout, its weights in bf16 unless said otherwise, and expected.json with cases:

  ids, type_ids   what the model is given; no type_ids: none
  logits          of the head: one row, a row per token, or [start, end] per token
  hidden          of a model without head: last hidden state
  hidden_states, attentions   of the same, for its first case: as Python's tuples
"""

import json
import shutil
import sys
from pathlib import Path

import torch
import transformers as tf
from make_models import randomise, rounded, write

HERE = Path(__file__).resolve().parent / "encoders"
LENGTHS = (7, 1, 4, 13)
# Where distances matter: beyond a block of the attention kernel and into the far buckets.
LONG = {"deberta-plain": 70, "deberta-c2p": 40, "mpnet-plain": 150, "modernbert-plain": 90}
HEADS = {
    "plain": "Model",
    "sequence": "ForSequenceClassification",
    "token": "ForTokenClassification",
    "span": "ForQuestionAnswering",
    "masked": "ForMaskedLM",
}
BERT = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=28,
            vocab_size=43, max_position_embeddings=24, type_vocab_size=2)
DEBERTA = dict(BERT, type_vocab_size=0, relative_attention=True, position_buckets=8,
               max_relative_positions=16, norm_rel_ebd="layer_norm", position_biased_input=False,
               pos_att_type="p2c|c2p", share_att_key=True)
# The tables of a bias are drawn by themselves: as an embedding it would be as strong as a token.
FAMILIES = {
    "bert": ("Bert", BERT),
    "distilbert": ("DistilBert", dict(dim=16, n_layers=2, n_heads=4, hidden_dim=28, vocab_size=43,
                                      max_position_embeddings=24, activation="gelu")),
    "roberta": ("Roberta", dict(BERT, type_vocab_size=1, hidden_act="relu", pad_token_id=1)),
    "electra": ("Electra", dict(BERT, embedding_size=12, hidden_act="silu")),
    "albert": ("Albert", dict(BERT, embedding_size=12, num_hidden_layers=4, num_hidden_groups=2,
                              inner_group_num=2, hidden_act="gelu_new")),
    "mpnet": ("MPNet", dict({key: value for key, value in BERT.items() if key != "type_vocab_size"},
                            max_position_embeddings=160)),
    "deberta": ("DebertaV2", DEBERTA),
    "modernbert": ("ModernBert", dict(
        hidden_size=16, num_hidden_layers=4, num_attention_heads=2, intermediate_size=20,
        vocab_size=43, max_position_embeddings=96, local_attention=6, pad_token_id=0,
        bos_token_id=1, cls_token_id=1, eos_token_id=2, sep_token_id=2)),
}

# name: (class prefix, head, configuration, further notes)
MODELS = {
    **{f"{family}-{head}": (prefix, head, fields, {})
       for family, (prefix, fields) in FAMILIES.items() for head in HEADS},
    "bert-pretraining": ("Bert", "masked", dict(BERT, hidden_act="gelu_new"),
                         dict(saved_as="ForPreTraining")),
    "bert-untied": ("Bert", "masked", dict(BERT, hidden_act="relu", tie_word_embeddings=False), {}),
    "xlm-roberta-token": ("XLMRoberta", "token", dict(BERT, pad_token_id=3), {}),
    "camembert-masked": ("Camembert", "masked", dict(BERT, hidden_act="gelu_pytorch_tanh"), {}),
    "electra-wide": ("Electra", "sequence", dict(BERT, embedding_size=16, hidden_act="tanh"), {}),
    "albert-pretraining": ("Albert", "masked", dict(BERT, embedding_size=16),
                           dict(saved_as="ForPreTraining")),
    # The parts of DeBERTa v2: absolute positions, a convolution, projections of positions.
    "deberta-v2": ("DebertaV2", "sequence", dict(
        DEBERTA, type_vocab_size=2, position_biased_input=True, position_buckets=-1,
        max_relative_positions=-1, norm_rel_ebd="none", share_att_key=False, conv_kernel_size=3,
        conv_act="gelu", embedding_size=12, pos_att_type=["c2p", "p2c"]), {}),
    "deberta-c2p": ("DebertaV2", "plain", dict(DEBERTA, share_att_key=False, pos_att_type=["c2p"],
                                               conv_kernel_size=5), {}),
    "deberta-p2c": ("DebertaV2", "token", dict(DEBERTA, share_att_key=False,
                                               max_relative_positions=4, position_buckets=0,
                                               pos_att_type=["p2c"]), {}),
    "deberta-absolute": ("DebertaV2", "span", dict(DEBERTA, relative_attention=False,
                                                   norm_rel_ebd="none", embedding_size=20,
                                                   position_biased_input=True), {}),
    "modernbert-biased": ("ModernBert", "sequence", dict(
        FAMILIES["modernbert"][1], classifier_pooling="mean", norm_bias=True, mlp_bias=True,
        attention_bias=True, classifier_bias=True, decoder_bias=False, local_rope_theta=None,
        hidden_activation="silu", global_attn_every_n_layers=2), {}),
}


def make_model(name):
    prefix, head, fields, how = MODELS[name]
    config_class = getattr(tf, prefix + "Config")
    labels = {} if head in ("plain", "span", "masked") else {"num_labels": 3}
    config = config_class(**fields, **labels, attn_implementation="eager")
    wanted = getattr(tf, prefix + HEADS[head])
    saved = getattr(tf, prefix + how.get("saved_as", HEADS[head]))(config).eval()
    randomise(saved, torch.Generator().manual_seed(sum(name.encode())))
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    saved.to(how.get("dtype", torch.bfloat16))
    saved.config.dtype = saved.dtype
    saved.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)
    return wanted.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()


def case_of(model, head, length, generator, is_first):
    config = model.config
    ids = torch.randint(1, config.vocab_size, (1, length), generator=generator)
    inputs = dict(input_ids=ids)
    case = dict(ids=ids[0].tolist(), type_ids=[])
    if getattr(config, "type_vocab_size", 0) > 1 and length != 4:
        types = torch.sort(torch.randint(0, 2, (1, length), generator=generator))[0]
        inputs["token_type_ids"] = types
        case["type_ids"] = types[0].tolist()
    keep = head == "plain" and is_first
    with torch.no_grad():
        out = model(**inputs, output_hidden_states=keep, output_attentions=keep)
    if head == "plain":
        case["hidden"] = rounded(out.last_hidden_state[0])
    elif head == "span":
        case["logits"] = rounded(torch.stack([out.start_logits[0], out.end_logits[0]], -1))
    else:
        case["logits"] = rounded(out.logits[0])
    if keep:
        case["hidden_states"] = [rounded(layer[0]) for layer in out.hidden_states]
        case["attentions"] = [rounded(layer[0]) for layer in out.attentions]
    return case


def make(name):
    model = make_model(name)
    head = MODELS[name][1]
    generator = torch.Generator().manual_seed(1 + sum(name.encode()))
    lengths = LENGTHS + ((LONG[name],) if name in LONG else ())
    cases = [case_of(model, head, n, generator, i == 0) for i, n in enumerate(lengths)]
    write(HERE / name / "expected.json", dict(cases=cases))


def main(wanted):
    torch.set_num_threads(1)
    for name in MODELS:
        if not wanted or name in wanted:
            print(name, flush=True)
            make(name)


if __name__ == "__main__":
    main(sys.argv[1:])
