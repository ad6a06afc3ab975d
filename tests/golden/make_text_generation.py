"""Makes tests/golden/tasks/{gpt2,llama,qwen2}: tiny decoders with byte-level and byte-fallback
tokenizers and chat templates, and what Python's text-generation pipeline makes of prompts and
chats.

    python tests/golden/make_text_generation.py

Needs transformers 4.57, tokenizers, torch and jinja2. The models are trained for a few seconds to
know a few lines by heart, so that what they say holds emoji, Chinese, combining marks and broken
bytes, each spread over several tokens. Each folder holds a model as it would be published and

  cases.json   "input" of the pipeline's call, its "options", its "result"; for the core, which
               knows neither chats nor full texts: "prompts", "special" (whether special tokens are
               added), and "texts", the new ones of each prompt
"""

import copy
import json

import torch
from tokenizers import (Tokenizer, decoders, models, normalizers, pre_tokenizers, processors,
                        trainers)
from transformers import (GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, pipeline,
                          PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM)

import make_models
from make_models import fresh, store, write

LINES = ["the boat waits near the old bridge .", "she ca n't read , but he 's here !",
         "weather : \U0001f324\ufe0f rain \U0001f327 and "
         "\U0001f469\u200d\U0001f469\u200d\U0001f467 home",
         "京都 は 雨 です。 今日 は いい 天気 です。", "cafe\u0301 na\u0131\u0308ve \U0001f1eb\U0001f1f7 ok",
         "the train leaves at noon and the sea is far"]
CHATS = [[dict(role="user", content="Where is the boat?"),
          dict(role="assistant", content="Near the old bridge \U0001f6a4.")],
         [dict(role="system", content="Be brief."), dict(role="user", content="Hello!"),
          dict(role="assistant", content="Hi, 你好 \U0001f44b\U0001f3fd!")]]
IM_TEMPLATE = (
    "{% for message in messages %}{% if loop.first and message.role != 'system' %}"
    "<|im_start|>system\nBe kind.<|im_end|>\n{% endif %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}")
INST_TEMPLATE = """\
{{- bos_token }}
{%- set ns = namespace(system='') %}
{%- for message in messages %}
    {%- if message.role == 'system' %}
        {%- set ns.system = '(' ~ message.content ~ ') ' %}
    {%- elif message.role == 'user' %}
        {{- '[INST] ' ~ ns.system ~ message.content | trim ~ ' [/INST]' }}
        {%- set ns.system = '' %}
    {%- elif message.role == 'assistant' %}
        {{- ' ' ~ message.content ~ (eos_token if not loop.last else '') }}
    {%- else %}
        {{- raise_exception('There is no role ' ~ message.role) }}
    {%- endif %}
{%- endfor %}
"""


def byte_level(name, special, **settings):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        [line for line in LINES if line.isascii()],
        trainers.BpeTrainer(vocab_size=290, special_tokens=special, show_progress=False,
                            initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **settings)


def byte_fallback(name, special, **settings):
    letters = sorted({c for line in LINES for c in line if c.isascii() and c != " "}
                     | set("?[]/()ABINSTH"))
    vocab = [*special, *(f"<0x{byte:02X}>" for byte in range(256)), "\u2581", *letters]
    merges = []
    for word in ("\u2581the", "\u2581is", "京"):
        if word not in vocab and len(word) == 1:
            vocab.append(word)  # of the Chinese ones one is known
        for end in range(2, len(word) + 1):
            if word[:end] not in vocab:
                merges.append((word[:end - 1], word[end - 1]))
                vocab.append(word[:end])
    ids = {token: i for i, token in enumerate(vocab)}
    tokenizer = Tokenizer(models.BPE(vocab=ids, merges=merges, unk_token="<unk>", fuse_unk=True,
                                     byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"),
                                                 normalizers.Replace(" ", "\u2581")])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(),
                                           decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", ids["<s>"])])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **settings)


SHAPE = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             intermediate_size=48, max_position_embeddings=96)
MODELS = {
    "gpt2": (byte_level, dict(special=["<|endoftext|>"], bos_token="<|endoftext|>",
                              eos_token="<|endoftext|>", unk_token="<|endoftext|>"),
             lambda **c: GPT2LMHeadModel(GPT2Config(n_embd=32, n_layer=2, n_head=4,
                                                    n_positions=96, **c))),
    "llama": (byte_fallback, dict(special=["<unk>", "<s>", "</s>"], unk_token="<unk>",
                                  bos_token="<s>", eos_token="</s>", chat_template=INST_TEMPLATE),
              lambda **c: LlamaForCausalLM(LlamaConfig(tie_word_embeddings=True, **SHAPE, **c))),
    "qwen2": (byte_level, dict(special=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
                               eos_token="<|im_end|>", pad_token="<|endoftext|>",
                               additional_special_tokens=["<|im_start|>", "<|im_end|>"],
                               chat_template=IM_TEMPLATE),
              lambda **c: Qwen2ForCausalLM(Qwen2Config(tie_word_embeddings=True, **SHAPE, **c))),
}


def broken_lines(tokenizer):
    """Bytes that are no characters, and a character that they spoil."""
    byte = lambda value: tokenizer.convert_tokens_to_ids(
        f"<0x{value:02X}>" if "<0x41>" in tokenizer.get_vocab()
        else next(c for c, b in byte_names() if b == value))
    text = lambda line: tokenizer(line, add_special_tokens=False).input_ids
    broken = [byte(b) for b in (0xE2, 0x82, 0xAC, 0xF0, 0x9F)] + text("then") + [byte(0xE3)]
    return [text("broken : ") + broken]


def byte_names():
    from transformers.models.gpt2.tokenization_gpt2 import bytes_to_unicode
    return [(c, b) for b, c in bytes_to_unicode().items()]


def corpus(tokenizer):
    begin = [tokenizer.bos_token_id] if tokenizer.bos_token_id is not None else []
    end = [tokenizer.eos_token_id]
    rows = [begin + tokenizer(line, add_special_tokens=False).input_ids + end for line in LINES]
    rows += [begin + line + end for line in broken_lines(tokenizer)]
    if tokenizer.chat_template:
        rows += [tokenizer.apply_chat_template(chat) + end for chat in CHATS]
    return rows


def train(model, rows, steps=700):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=6e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, steps)
    width = max(map(len, rows))
    ids = torch.tensor([row + [0] * (width - len(row)) for row in rows])
    labels = torch.tensor([row + [-100] * (width - len(row)) for row in rows])
    mask = (labels != -100).long()
    for _ in range(steps):
        loss = model(ids, attention_mask=mask, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    print("loss", round(float(loss), 4))
    return model.eval()


def jobs(tokenizer):
    greedy = dict(do_sample=False)
    short = dict(do_sample=False, max_new_tokens=24)
    yield "the boat", short
    yield "京都", dict(do_sample=False)
    yield ["weather :", "cafe\u0301", "the train", "京"], dict(do_sample=False, max_new_tokens=60)
    yield "she ca", short
    yield "broken :", greedy
    yield "the", dict(do_sample=False, num_beams=3, num_return_sequences=2, max_new_tokens=12)
    yield ["the sea", "weather"], dict(do_sample=False, num_beams=2, max_new_tokens=9)
    yield "she", dict(do_sample=False, max_new_tokens=None, max_length=14, repetition_penalty=1.2)
    yield "weather :", dict(do_sample=False, return_full_text=False, max_new_tokens=20)
    yield "the boat", dict(do_sample=False, add_special_tokens=False, max_new_tokens=8)
    yield "the boat is far , is n't it ?", dict(do_sample=False, max_new_tokens=5)
    if tokenizer.bos_token:
        yield "", short
    if not tokenizer.chat_template:
        return
    yield CHATS[0][:1], greedy
    yield CHATS[1][:2], dict(do_sample=False, return_full_text=False)
    yield [CHATS[0][:1], CHATS[1][:2]], short
    prefill = [*CHATS[0][:1], dict(role="assistant", content="Near the")]
    yield prefill, short
    yield prefill, dict(do_sample=False, max_new_tokens=6, continue_final_message=False)
    third = [*CHATS[0], dict(role="user", content="Hello!")]
    yield third, dict(do_sample=False, max_new_tokens=12)
    yield CHATS[1][:2], dict(do_sample=False, num_beams=2, num_return_sequences=2,
                             max_new_tokens=10)


def prompts_of(tokenizer, given, options):
    chats = isinstance(given, list) and not isinstance(given[0], str)
    if not chats:
        prompts = given if isinstance(given, list) else [given]
        return prompts, options.get("add_special_tokens", True)
    several = given if isinstance(given[0], list) else [given]
    render = []
    for chat in several:
        goes_on = options.get("continue_final_message", chat[-1]["role"] == "assistant")
        render.append(tokenizer.apply_chat_template(
            chat, tokenize=False, add_generation_prompt=not goes_on,
            continue_final_message=goes_on))
    return render, False


def texts_of(pipe, given, options):
    with torch.no_grad():
        results = pipe(copy.deepcopy(given), **{**options, "return_full_text": False})
    several = results if isinstance(results[0], list) else [results]
    return [[entry["generated_text"] for entry in each] for each in several]


def is_stable(pipe, given, options, texts):
    weights = {name: tensor.clone() for name, tensor in pipe.model.state_dict().items()}
    noise = torch.Generator().manual_seed(1)
    stable = True
    for _ in range(3):
        with torch.no_grad():
            for name, tensor in pipe.model.state_dict().items():
                factor = 1 + 3e-5 * torch.randn(tensor.shape, generator=noise)
                tensor.copy_(weights[name] * factor)
        stable = stable and texts_of(pipe, given, options) == texts
    pipe.model.load_state_dict(weights)
    return stable


def make(name):
    build_tokenizer, settings, build = MODELS[name]
    folder = fresh(name)
    tokenizer = build_tokenizer(name, **settings)
    tokenizer.save_pretrained(folder)
    # One of the folders has its template where they were kept before.
    tokenizer.save_pretrained(folder, save_jinja_files=name != "qwen2")
    if name == "qwen2":
        (folder / "chat_template.jinja").unlink(missing_ok=True)
    torch.manual_seed(sum(name.encode()))
    model = train(build(vocab_size=len(tokenizer), bos_token_id=tokenizer.bos_token_id,
                        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id),
                  corpus(tokenizer)).half().float()
    store(model, folder, dict(dtype=torch.float16))
    pipe = pipeline("text-generation", model=model, tokenizer=tokenizer, device="cpu")
    cases = []
    for given, options in jobs(tokenizer):
        texts = texts_of(pipe, given, options)
        if not is_stable(pipe, given, options, texts):
            print("unstable:", given, options)
            continue
        with torch.no_grad():
            result = pipe(copy.deepcopy(given), **options)
        prompts, special = prompts_of(tokenizer, given, options)
        cases.append(dict(input=given, options=options, result=result, prompts=prompts,
                          special=special, texts=texts))
        print(json.dumps(texts, ensure_ascii=False)[:150])
    write(folder / "cases.json", dict(cases=cases))


if __name__ == "__main__":
    torch.set_num_threads(1)
    make_models.HERE = make_models.HERE.parent / "tasks"
    for folder in MODELS:
        make(folder)
