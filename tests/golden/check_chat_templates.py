"""Compares chats as the package writes them with what Python makes of the same chat templates.

    python tests/golden/check_chat_templates.py [--brief] PATH...

A path is a tokenizer's folder (tokenizer_config.json, chat_template.jinja), a .jinja file, or a
folder of those; published ones are not part of the tree. Needs transformers 4.57, jinja2 and the
npm packages. Prints what differs, and fails if anything does.

Of folders that hold a whole tokenizer, the built package's AutoTokenizer is asked as well, for the
text of each chat and for its ids. How many agree is printed for each.
"""

import datetime
import json
import subprocess
import sys
from pathlib import Path

from transformers import AutoTokenizer
from transformers.utils import chat_template_utils

HERE = Path(__file__).resolve().parent
KEYS = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"]
DEFAULT_TOKENS = dict(bos_token="<s>", eos_token="</s>", pad_token="<pad>")
NOW = datetime.datetime(2024, 3, 5, 14, 7, 9)

TOOL = dict(type="function", function=dict(
    name="get_weather", description="Tells the weather; \"rain\" or <sun>.",
    parameters=dict(type="object", required=["city"], properties=dict(
        city=dict(type="string", description="Name of the city"),
        days=dict(type="integer", enum=[1, 2, 7]), metric=dict(type="boolean", default=True)))))
CALL = dict(role="assistant", content="", tool_calls=[dict(
    id="call00001", type="function",
    function=dict(name="get_weather", arguments=dict(city="Málaga", days=2, metric=True)))])
USER = dict(role="user", content=" Where is the <boat> & the 🚤?\n")
REPLY = dict(role="assistant", content="Near the \"old\" bridge. \n")
SYSTEM = dict(role="system", content="Be brief.\nBe kind.")
MORE = dict(role="user", content="你好! L'été?")
# Only for templates that read parts: Jinja in Python shows lists as Python writes them.
PARTS = [dict(role="user",
              content=[dict(type="text", text="Hello,"), dict(type="text", text=" you!")])]
THOUGHT = dict(role="assistant", content="<think>\n  Hm.\n\n</think>\n\n  There:\n  here.\n")
CALLS = dict(CALL, content=None,
             tool_calls=[*CALL["tool_calls"], dict(CALL["tool_calls"][0], id="call00002")])
# messages, options, variables
CHATS = [
    ([USER], dict(add_generation_prompt=True), {}),
    ([USER, REPLY, MORE], dict(add_generation_prompt=True), {}),
    ([SYSTEM, USER, REPLY], {}, {}),
    ([SYSTEM, USER, REPLY, MORE], dict(add_generation_prompt=True), {}),
    ([USER, REPLY], dict(continue_final_message=True), {}),
    ([USER, MORE], {}, {}),
    ([REPLY], {}, {}),
    ([USER], dict(add_generation_prompt=True, tools=[TOOL]), {}),
    ([SYSTEM, USER], dict(add_generation_prompt=True, tools=[TOOL, TOOL]), {}),
    ([USER, CALL, dict(role="tool", name="get_weather", tool_call_id="call00001",
                       content="{\"sky\": \"grey\"}"), REPLY, MORE],
     dict(add_generation_prompt=True, tools=[TOOL]), {}),
    ([USER, dict(role="assistant", content="<think>\nHm.\n</think>\n\nThere.",
                 reasoning_content="Hm."), MORE], dict(add_generation_prompt=True), {}),
    ([USER], dict(add_generation_prompt=True), dict(enable_thinking=False)),
    (PARTS, dict(add_generation_prompt=True), {}),
    ([USER], dict(documents=[dict(title="Boats", text="A boat floats.")]), {}),
    ([USER, THOUGHT, MORE, THOUGHT], {}, {}),
    ([USER, CALLS, dict(role="tool", name="get_weather", tool_call_id="call00001",
                        content="{\"sky\": null, \"wet\": true}")],
     dict(add_generation_prompt=True, tools=[TOOL]), {}),
    ([dict(role="user", content="\n \tTabs,\u00a0wide spaces\u3000and \u2028lines. \x1f")], {}, {}),
]


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return NOW


def token_text(value):
    return value["content"] if isinstance(value, dict) else value


def templates_of(path):
    """Yields name, templates by name, special tokens."""
    if path.is_file():
        yield path.name, {"default": path.read_text()}, DEFAULT_TOKENS
        return
    config = path / "tokenizer_config.json"
    settings = json.loads(config.read_text()) if config.exists() else {}
    tokens = {key: token_text(settings[key]) for key in KEYS if settings.get(key)}
    if settings.get("additional_special_tokens"):
        tokens["additional_special_tokens"] = [
            token_text(token) for token in settings["additional_special_tokens"]]
    template = settings.get("chat_template")
    if (path / "chat_template.jinja").exists():
        template = (path / "chat_template.jinja").read_text()
    if isinstance(template, list):
        template = {entry["name"]: entry["template"] for entry in template}
    elif template:
        template = {"default": template}
    if template:
        yield path.name, template, tokens
        return
    for file in sorted(path.rglob("*.jinja")):
        yield from templates_of(file)


def requests_of(templates, tokens):
    for name, text in templates.items():
        for messages, options, variables in CHATS:
            if messages is PARTS and ".text" not in text and "['text']" not in text:
                continue
            used = {key: value for key, value in variables.items() if key in text}
            yield dict(template={"default": text}, tokens=tokens, messages=messages,
                       options=options, variables=used, name=name)


def render(request):
    options = request["options"]
    try:
        texts, _ = chat_template_utils.render_jinja_template(
            conversations=[request["messages"]], chat_template=request["template"]["default"],
            tools=options.get("tools"), documents=options.get("documents"),
            continue_final_message=options.get("continue_final_message", False),
            add_generation_prompt=options.get("add_generation_prompt", False),
            **{**request["tokens"], **request["variables"]})
        return texts[0]
    except Exception as error:  # whatever a template does
        return dict(error=str(error))


def ours(requests):
    done = subprocess.run(["node", str(HERE / "render_chats.mjs")], input=json.dumps(requests),
                          capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def is_whole(path):
    """Whether a folder has all of a tokenizer, its template too."""
    if not path.is_dir() or not any(templates_of(path)):
        return False
    files = ("tokenizer.json", "tokenizer.model", "vocab.json")
    return any((path / name).exists() for name in files)


def encode(tokenizer, request):
    """The text and the ids of a chat, by Python's tokenizer of a folder."""
    asked = {**request["options"], **request["variables"]}
    try:
        text = tokenizer.apply_chat_template(request["messages"], tokenize=False, **asked)
        return dict(text=text, ids=tokenizer.apply_chat_template(request["messages"], **asked))
    except Exception as error:  # whatever a template does
        return dict(error=str(error))


def check_folder(path, brief):
    """Prints how much of a folder agrees. Returns whether all does."""
    tokenizer = AutoTokenizer.from_pretrained(path)
    templates = tokenizer.chat_template
    if isinstance(templates, str):
        templates = dict(default=templates)
    requests = list(requests_of(templates, {}))
    for request in requests:
        request["options"] = {**request["options"], "chat_template": request.pop("name")}
        request["template"] = None
        request["folder"] = str(path.resolve())
    same, refused = 0, 0
    for request, given in zip(requests, ours(requests)):
        if len(templates) == 1:
            del request["options"]["chat_template"]
        expected = encode(tokenizer, request)
        if "error" in expected and "error" in given:
            refused += 1  # both, each in its own words
        elif expected == given:
            same += 1
        elif not brief:
            print(f"{path.name}: {[m['role'] for m in request['messages']]} {request['options']}")
            print(f"  Python   {json.dumps(expected, ensure_ascii=False)[:400]}")
            print(f"  Dragoman {json.dumps(given, ensure_ascii=False)[:400]}")
    print(f"{path.name}: {same} of {len(requests) - refused} chats the same, text and ids; "
          f"{refused} refused by both")
    return same > 0 and same + refused == len(requests)


def check_folders(paths, brief):
    folders = [Path(path) for path in paths if is_whole(Path(path))]
    agreeing = [path.name for path in folders if check_folder(path, brief)]
    if folders:
        print(f"Of {len(folders)} whole tokenizers {len(agreeing)} agree in all chats: "
              f"{', '.join(agreeing) or 'none'}")
    return len(agreeing) == len(folders)


def main(paths):
    brief = "--brief" in paths
    paths = [path for path in paths if path != "--brief"]
    chat_template_utils.datetime = Clock
    different = check_templates(paths, brief)
    return 0 if check_folders(paths, brief) and not different else 1


def check_templates(paths, brief):
    """Compares templates by themselves. Returns how many chats differ."""
    requests, names = [], []
    for path in paths:
        for name, templates, tokens in templates_of(Path(path)):
            for request in requests_of(templates, tokens):
                names.append(f"{name} {request.pop('name')}")
                requests.append(request)
    different, refused, bad = 0, 0, set()
    for name, request, text in zip(names, requests, ours(requests)):
        expected = render(request)
        if isinstance(expected, dict) and isinstance(text, dict):
            refused += 1  # both, each in its own words
        elif expected != text:
            different += 1
            bad.add(name)
            if brief:
                continue
            print(f"{name}: {[m['role'] for m in request['messages']]} {list(request['options'])}")
            print(f"  Python   {json.dumps(expected, ensure_ascii=False)[:400]}")
            print(f"  Dragoman {json.dumps(text, ensure_ascii=False)[:400]}")
    count = len(set(names))
    print(f"{len(requests)} chats with {count} templates: {different} differ, of {len(bad)} "
          f"templates; {refused} refused by both")
    if bad:
        print("They are:", ", ".join(sorted(bad)))
    return different


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
