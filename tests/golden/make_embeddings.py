"""Makes tests/golden/tasks/features: a tiny random BERT as a folder of sentence-transformers, and
the vectors that Python makes of texts.

    python tests/golden/make_embeddings.py

Needs transformers 4.57, torch, safetensors and sentence-transformers 5.7. A case holds texts and
options of a call, with `features` of each text, and in `files` the files of the folder that are
different for it. cases.json holds cases of three kinds: "pipeline" (the feature extraction pipeline
of transformers), "pooled" (its vectors, pooled and normalised as transformers.js does it) and
"model" (SentenceTransformer.encode). inspections.json holds attentions and hidden states.
"""

import json
import shutil
import tempfile
from pathlib import Path

import torch
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.util import quantize_embeddings
from transformers import BertForSequenceClassification, BertModel, pipeline

import make_models
from make_encoder_tasks import config_of, rounded, tokenizer_of
from make_models import fresh, randomise, write

TEXTS = ["I loved this film.", "boring", "The actors, the story: never perfect! great?", ""]
MAX_SEQ = 12

# What is in a folder by default: as sentence-transformers 2 wrote it.
LIBRARY = "sentence_transformers.models."
MODULES = [("", "Transformer"), ("1_Pooling", "Pooling")]
FILES = {
    "1_Pooling/config.json": dict(word_embedding_dimension=16, pooling_mode_cls_token=False,
                                  pooling_mode_mean_tokens=True, pooling_mode_max_tokens=False,
                                  pooling_mode_mean_sqrt_len_tokens=False),
    "sentence_bert_config.json": dict(max_seq_length=MAX_SEQ, do_lower_case=True),
    "config_sentence_transformers.json": dict(
        prompts=dict(query="the good ", document="a: "), default_prompt_name=None,
        similarity_fn_name="dot"),
}


def module_list(modules, library=LIBRARY):
    return [dict(idx=i, name=str(i), path=path, type=library + name)
            for i, (path, name) in enumerate(modules)]


def pooling(**more):
    return {"1_Pooling/config.json": dict(word_embedding_dimension=16, **more)}


def dense(activation, **more):
    return {"2_Dense/config.json": dict(in_features=16, out_features=8, bias=True,
                                        activation_function=activation, **more)}


DENSE = module_list(MODULES + [("2_Dense", "Dense"), ("3_Normalize", "Normalize")])
BIAS_LESS = dict(in_features=48, out_features=8, bias=False,
                 activation_function="torch.nn.modules.linear.Identity")
VARIANTS = [  # (files that differ, options of encode())
    ({}, {}),
    ({}, dict(prompt_name="query")),
    ({}, dict(prompt="so good ")),
    ({}, dict(normalize_embeddings=True)),
    (pooling(pooling_mode_cls_token=True), {}),
    (pooling(pooling_mode_max_tokens=True, pooling_mode_mean_sqrt_len_tokens=True), {}),
    (pooling(pooling_mode="weightedmean"), {}),
    (pooling(pooling_mode=["lasttoken", "cls"]), {}),
    (pooling(pooling_mode="mean", include_prompt=False), dict(prompt_name="document")),
    (pooling(pooling_mode_cls_token=True, include_prompt=False), dict(prompt_name="document")),
    ({"config_sentence_transformers.json": dict(FILES["config_sentence_transformers.json"],
                                                default_prompt_name="query")}, {}),
    ({"modules.json": module_list(MODULES + [("2_Normalize", "Normalize")])}, {}),
    ({"modules.json": DENSE} | dense("torch.nn.modules.activation.Tanh"), {}),
    ({"modules.json": module_list(MODULES + [("2_Dense", "Dense")],
                                  "sentence_transformers.base.modules.anything.")}
     | dense("torch.nn.modules.activation.ReLU"), dict(normalize_embeddings=True)),
    ({"modules.json": module_list(MODULES + [("2_Wide", "Dense")]), "2_Wide/config.json": BIAS_LESS}
     | pooling(pooling_mode=["mean", "max", "cls"]), {}),
]


def make_folder():
    folder = fresh("features")
    tokenizer, vocab = tokenizer_of(folder)
    # As such models are published: with a pooler, which nothing here needs.
    model = BertModel(config_of(vocab)).eval()
    randomise(model, torch.Generator().manual_seed(7))
    model.save_pretrained(folder)
    for name, content in {**FILES, "modules.json": module_list(MODULES)}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content, indent=1))
    generator = torch.Generator().manual_seed(8)
    for name, inputs, bias in (("2_Dense", 16, True), ("2_Wide", 48, False)):
        (folder / name).mkdir()
        tensors = {"linear.weight": torch.randn(8, inputs, generator=generator) / 4}
        if bias:
            tensors["linear.bias"] = torch.randn(8, generator=generator) / 4
        if bias:
            save_file(tensors, folder / name / "model.safetensors")
        else:
            torch.save(tensors, folder / name / "pytorch_model.bin")
    return folder, model, tokenizer


def pipeline_cases(pipe):
    cases = [dict(kind="pipeline", texts=[text], options={}, features=pipe(text)) for text in TEXTS]
    long = "so boring " * 30
    cases.append(dict(kind="pipeline", texts=[long], options=dict(truncation=True),
                      features=pipe(long, truncation=True)))
    return cases


def pooled_cases(pipe):
    hidden = [torch.tensor(pipe(text)[0]) for text in TEXTS]
    poolings = dict(mean=lambda rows: rows.mean(0), cls=lambda rows: rows[0],
                    first_token=lambda rows: rows[0], last_token=lambda rows: rows[-1],
                    eos=lambda rows: rows[-1])
    cases = []
    for name, pool in poolings.items():
        vectors = torch.stack([pool(rows) for rows in hidden])
        unit = torch.nn.functional.normalize(vectors, dim=-1)
        cases.append(dict(texts=TEXTS, options=dict(pooling=name), features=vectors.tolist()))
        cases.append(dict(texts=TEXTS, options=dict(pooling=name, normalize=True),
                          features=unit.tolist()))
        for precision in ("binary", "ubinary"):
            packed = quantize_embeddings(vectors.numpy(), precision=precision)
            cases.append(dict(texts=TEXTS, features=packed.tolist(), options=dict(
                pooling=name, quantize=True, precision=precision)))
    return [dict(kind="pooled", **case) for case in cases]


def model_cases(folder):
    cases = []
    long = "so boring " * 30
    for files, options in VARIANTS:
        with tempfile.TemporaryDirectory() as place:
            shutil.copytree(folder, place, dirs_exist_ok=True)
            for name, content in files.items():
                (Path(place) / name).write_text(json.dumps(content))
            modules = json.loads((Path(place) / "modules.json").read_text())
            for module in modules:  # the present library does not know its own future names
                module["type"] = LIBRARY + module["type"].split(".")[-1]
            (Path(place) / "modules.json").write_text(json.dumps(modules))
            encoder = SentenceTransformer(place, device="cpu")
            ours = dict(pooling="model", **{key: value for key, value in options.items()
                                            if key != "normalize_embeddings"})
            if "normalize_embeddings" in options:
                ours["normalize"] = True
            # Texts that are too long are cut by the library in any case.
            for texts, more in ((TEXTS[:2], {}), ([TEXTS[2], long], dict(truncation=True))):
                cases.append(dict(kind="model", texts=texts, options=dict(ours, **more),
                                  files={name: json.dumps(content)
                                         for name, content in files.items()},
                                  features=encoder.encode(texts, **options).tolist()))
    return cases


def make_inspections(folder, model, tokenizer):
    """Of an encoder, and of a classifier over the bert folder beside it."""
    classifier = BertForSequenceClassification.from_pretrained(
        folder.parent / "bert", attn_implementation="eager").eval()
    cases = []
    for name, network in (("features", model), ("bert", classifier)):
        for text, pair in (("boring film!", None), ("a", "so unable")):
            if name == "features" and pair:
                continue
            encoding = tokenizer(text, pair, return_offsets_mapping=True,
                                 return_special_tokens_mask=True, return_tensors="pt")
            ids = encoding["input_ids"]
            with torch.no_grad():
                out = network(ids, token_type_ids=encoding["token_type_ids"],
                              output_attentions=True, output_hidden_states=True)
            sides = encoding.sequence_ids(0)
            cases.append(dict(
                model=name, text=text, pair=pair,
                tokens=[dict(token=int(token), token_str=tokenizer.decode([token]),
                             start=int(start), end=int(end), **(dict(pair=True) if side else {}))
                        for token, (start, end), side in zip(
                            ids[0].tolist(), encoding["offset_mapping"][0].tolist(), sides)],
                attentions=[layer[0].tolist() for layer in out.attentions],
                hidden_states=[layer[0].tolist() for layer in out.hidden_states]))
    write(folder / "inspections.json", dict(cases=rounded(cases)))


if __name__ == "__main__":
    torch.set_num_threads(1)
    make_models.HERE = make_models.HERE.parent / "tasks"
    made, network, words = make_folder()
    pipe = pipeline("feature-extraction", model=network, tokenizer=words, device="cpu")
    found = pipeline_cases(pipe) + pooled_cases(pipe) + model_cases(made)
    write(made / "cases.json", dict(cases=rounded(found)))
    make_inspections(made, network, words)
