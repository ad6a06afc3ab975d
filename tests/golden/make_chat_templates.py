"""Makes tests/golden/chat_templates.json: chats as Python writes them with chat templates of our
own, which together use what published ones do.

    python tests/golden/make_chat_templates.py

Needs transformers 4.57 and jinja2. The file has "tokens", "templates" by name, "chats" ("messages",
"options", "variables") and "results": for each template a list as long as that of chats, of texts,
of {"error"} where the template refuses the chat, or of nulls where it is not asked. The clock
stands still.
"""

import json

from transformers.utils import chat_template_utils

import check_chat_templates as check
from chat_styles import STYLES

SYSTEM = """\
{#- A comment that is no text. #}
{%- if messages[0]['role'] == 'system' %}
    {%- set loop_messages = messages[1:] %}
    {%- set system = messages[0]['content'] | trim %}
{%- else %}
    {%- set loop_messages = messages %}
    {%- set system = 'None given' %}
{%- endif %}
{{- bos_token }}<sys>{{ system | upper | replace(' ', '_') }}</sys>
{% for message in loop_messages %}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception('Turns alternate; turn ' ~ loop.index ~ ' does not') }}
    {%- endif %}
<{{ message.role | capitalize }} {{ loop.index }}/{{ loop.length }}>{{ message.content }}
{% endfor %}
{%- if add_generation_prompt %}<Assistant>{% endif %}
"""
NAMESPACE = """\
{%- set ns = namespace(count=0, last='') -%}
{%- for message in messages if message.role != 'system' -%}
    {%- set ns.count = ns.count + 1 -%}
    {%- set ns.last = message.content if message.content is string else 'parts' -%}
    {%- if not loop.first %} | {% endif -%}
    {%- if message.content is string -%}
        {{ message.role[:1] }}:{{ message.content.strip().split('</think>')[-1].lstrip('\\n') }}
    {%- else -%}
        {%- for part in message.content if part.type == 'text' -%}{{ part.text }}{%- endfor -%}
    {%- endif -%}
{%- endfor %} ({{ ns.count }}, {{ ns.last | length }}, {{ ns.last.startswith(' ') }})
{%- if add_generation_prompt -%}
    {{ '\\n' if enable_thinking is defined and not enable_thinking else '?' }}
{%- endif -%}
"""
TOOLS = """\
{% macro show(tool) -%}
- {{ tool.name }}{% if tool.description is defined %}: {{ tool.description }}{% endif %}

{% endmacro %}
{% if tools %}
Today is {{ strftime_now('%d %B %Y, %H:%M') }} ({{ strftime_now("%b %-d, %y; %A %j %I %p") }}).
{% for tool in tools %}
{{ show(tool.function) }}{{ tool | tojson }}
{{ tool.function.parameters | tojson(indent=2) }}
{% set given = tool.function.parameters %}
{% for name, value in given.properties.items() %}{{ name }}={{ value.type }};{% endfor %}

{% endfor %}
{% endif %}
{% for document in documents or [] %}[{{ loop.index }}] {{ document.title }} {% endfor %}
{% for message in messages %}
{% if message.tool_calls %}
{% for call in message.tool_calls %}
CALL {{ call.function.name }} {{ call.function.arguments | tojson }}
{% endfor %}
{% elif message.role in ['user', 'assistant', 'tool'] %}
{{ message.role }} says {{ message.content | tojson }}
{% continue %}
{% endif %}
{% endfor %}
{{ messages | selectattr('role', 'equalto', 'user') | list | length }} {{ [1, 2] | join('-') }}
{% for message in messages %}{{ loop.index }}{% if loop.last %}!{% break %}{% endif %},
{%- endfor %}

{{- eos_token ~ (pad_token | default('no pad')) }}
"""
BROKEN = "{% for message in messages %}{{ message.content }}{% endif %}"
TEMPLATES = dict(system=SYSTEM, namespace=NAMESPACE, tools=TOOLS, broken=BROKEN, **STYLES)
TOKENS = dict(bos_token="<s>", eos_token="</s>",
              additional_special_tokens=["<|a|>", "<|b|>"])


def main():
    chat_template_utils.datetime = check.Clock
    results = {}
    for name, template in TEMPLATES.items():
        wanted = list(check.requests_of({name: template}, TOKENS))
        results[name] = []
        for messages, options, variables in check.CHATS:
            request = next((one for one in wanted if one["messages"] is messages
                            and one["options"] is options), None)
            text = request and check.render(request)
            # What Python says of a chat that is refused, it says in its own words.
            results[name].append(dict(error=True) if isinstance(text, dict) else text)
    chats = [dict(messages=messages, options=options, variables=variables)
             for messages, options, variables in check.CHATS]
    whole = dict(tokens=TOKENS, templates=TEMPLATES, chats=chats, results=results)
    path = check.HERE / "chat_templates.json"
    path.write_text(json.dumps(whole, ensure_ascii=False, indent=0) + "\n")
    for name, texts in results.items():
        print(name, len(texts), "chats,", sum(isinstance(text, dict) for text in texts), "refused")


if __name__ == "__main__":
    main()
