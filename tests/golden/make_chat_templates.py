"""Makes tests/golden/chat_templates.json: chats as Python writes them with chat templates of our
own, which together use what published ones do.

    python tests/golden/make_chat_templates.py

Needs transformers 4.57 and jinja2. A case: "name" and "template", "tokens", "messages", "options",
"variables", and "text", or "error" where the template refuses the chat. The clock stands still.
"""

import json

from transformers.utils import chat_template_utils

import check_chat_templates as check

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
TEMPLATES = dict(system=SYSTEM, namespace=NAMESPACE, tools=TOOLS, broken=BROKEN)
TOKENS = dict(bos_token="<s>", eos_token="</s>",
              additional_special_tokens=["<|a|>", "<|b|>"])


def main():
    chat_template_utils.datetime = check.Clock
    cases = []
    for name, template in TEMPLATES.items():
        for request in check.requests_of({name: template}, TOKENS):
            text = check.render(request)
            del request["name"]
            result = dict(error=text["error"]) if isinstance(text, dict) else dict(text=text)
            cases.append(dict(name=name, **request, **result))
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    (check.HERE / "chat_templates.json").write_text('{"cases": [\n' + lines + "\n]}\n")
    print(len(cases), "cases,", sum("error" in case for case in cases), "refused")


if __name__ == "__main__":
    main()
