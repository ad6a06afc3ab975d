"""Makes tests/golden/tasks/{bart-summary,t5-summary}: tiny random models with tokenizers of their
families, and what Python's summarization pipeline makes of texts.

    python tests/golden/make_summaries.py

Needs transformers 4.57, tokenizers and torch. cases.json: "text", "options" of the call, "summary";
those whose result hangs on the last bits of a float are left out.
"""

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import BartTokenizerFast, T5TokenizerFast, pipeline

import make_models
import make_seq2seq
from make_models import fresh, store, write
from make_tasks import SENTENCES

SPECIAL = ["</s>", "<s>", "<unk>"]
TEXTS = [SENTENCES[i] for i in (0, 1, 3, 4, 10)] + [" ".join(SENTENCES[1:3])]
POSITIONS = 80
OWN = dict(prefix="summarize: ", max_new_tokens=14, min_length=6, num_beams=3, length_penalty=2.0,
           early_stopping=True, no_repeat_ngram_size=3)


def bart_tokenizer():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(SENTENCES, trainers.BpeTrainer(
        vocab_size=330, special_tokens=SPECIAL, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.add_special_tokens(["<pad>"])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 0), ("<s>", 1),
                                                            add_prefix_space=False)
    return BartTokenizerFast(tokenizer_object=tokenizer, mask_token=None)


def t5_tokenizer():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator(SENTENCES, trainers.UnigramTrainer(
        vocab_size=150, special_tokens=SPECIAL, unk_token="<unk>", show_progress=False))
    tokenizer.add_special_tokens(["<pad>"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 0)])
    return T5TokenizerFast(tokenizer_object=tokenizer, extra_ids=0, additional_special_tokens=[])


def make(name, tokenizer, family, shape):
    folder = fresh(name)
    tokenizer.model_max_length = POSITIONS
    tokenizer.save_pretrained(folder)
    shape = dict(shape, vocab=len(tokenizer))
    best = None
    for seed in range(12):
        model = (make_seq2seq.t5_model(shape) if family == "t5"
                 else make_seq2seq.fairseq_model(family, shape))
        make_seq2seq.randomise(model, shape, torch.Generator().manual_seed(seed))
        model.generation_config.bad_words_ids = [[model.config.pad_token_id]]
        results = {tuple(model.generate(**tokenizer(text, return_tensors="pt"), num_beams=2,
                                        max_new_tokens=12)[0].tolist()) for text in TEXTS}
        score = len(results) + sum(len(set(result)) for result in results) / 100
        if best is None or score > best[0]:
            best = (score, model)
    model = best[1]
    model.config.task_specific_params = dict(summarization=OWN) if family == "t5" else None
    model = store(model, folder, dict(dtype=torch.float16))
    pipe = pipeline("summarization", model=model, tokenizer=tokenizer, device="cpu")
    write(folder / "cases.json", dict(cases=list(cases_of(pipe))))


def cases_of(pipe):
    options = [dict(max_new_tokens=16), dict(max_new_tokens=9),
               dict(num_beams=1, max_new_tokens=12, do_sample=False),
               dict(num_beams=2, max_new_tokens=10, repetition_penalty=1.3, min_length=7)]
    weights = {name: tensor.clone() for name, tensor in pipe.model.state_dict().items()}
    for given in options:
        for text in TEXTS:
            noise = torch.Generator().manual_seed(1)
            summaries = []
            for turn in range(4):
                with torch.no_grad():
                    for key, tensor in pipe.model.state_dict().items():
                        factor = 1 + 3e-5 * torch.randn(tensor.shape, generator=noise)
                        tensor.copy_(weights[key] * (factor if turn > 0 else 1.0))
                    summaries.append(pipe(text, **given)[0]["summary_text"])
            pipe.model.load_state_dict(weights)
            if len(set(summaries)) == 1:
                yield dict(text=text, options=given, summary=summaries[0])


if __name__ == "__main__":
    torch.set_num_threads(1)
    make_models.HERE = make_models.HERE.parent / "tasks"
    make_seq2seq.MAX_POSITIONS = POSITIONS
    make("bart-summary", bart_tokenizer(), "bart",
         dict(d=24, heads=(3, 4), layers=(2, 2), ffn=(40, 36), act="gelu", scale=False))
    make("t5-summary", t5_tokenizer(), "t5",
         dict(d=24, heads=3, dim=8, layers=(2, 2), ffn=40, act="relu"))
