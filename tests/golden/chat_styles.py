"""Chat templates of our own in the styles of well-known families, for make_chat_templates.py: what
they write down looks like theirs, and they use what the published ones use of Jinja."""

# ChatML, as Qwen and SmolLM have it: calls of tools as JSON, thoughts that older turns lose.
CHATML = r"""
{%- macro turn(role, text) %}
{{- '<|im_start|>' ~ role ~ '\n' ~ text ~ '<|im_end|>\n' }}
{%- endmacro %}
{%- macro text_of(content) %}
    {%- if content is string %}
        {{- content }}
    {%- elif content is iterable and content is not mapping %}
        {{- content | selectattr('type', 'equalto', 'text') | map(attribute='text') | join }}
    {%- endif %}
{%- endmacro %}
{%- set speaks_first = messages and messages[0].role == 'system' %}
{%- set about = text_of(messages[0].content) if speaks_first else 'Help where you can.' %}
{%- if tools %}
    {%- set about = about ~ '\n\n# Tools\n<tools>' %}
    {%- for tool in tools %}
        {%- set about = about ~ '\n' ~ (tool | tojson) %}
        {{- turn('tool-' ~ loop.index, tool.function.name) }}
    {%- endfor %}
{%- endif %}
{{- turn('system', about) }}
{%- set seen = namespace(last=-1) %}
{%- for message in messages[::-1] if seen.last < 0 and message.role == 'user' %}
    {%- set seen.last = (messages | length) - loop.index %}
{%- endfor %}
{%- set rest = messages[1:] if speaks_first else messages %}
{%- for message in rest %}
    {%- set said = text_of(message.content) %}
    {%- if message.role == 'assistant' and '</think>' in said %}
        {%- set thought = said.split('</think>')[0].split('<think>')[-1].strip('\n') %}
        {%- set said = said.split('</think>')[-1].lstrip('\n') %}
        {%- if loop.last or loop.index0 > seen.last %}
            {%- set said = '<think>\n' + thought.rstrip('\n. ') + '\n</think>\n\n' + said %}
        {%- endif %}
    {%- elif message.role == 'assistant' and message.reasoning_content is string %}
        {%- set said = '[' ~ message.reasoning_content | trim ~ '] ' ~ said %}
    {%- endif %}
    {%- if message.tool_calls %}
        {%- for call in message.tool_calls | map(attribute='function') %}
            {%- set said %}
{{ said }}
<tool_call>
{"name": {{ call.name | tojson }}, "arguments": {{ call.arguments | tojson }}}
</tool_call>
            {%- endset %}
        {%- endfor %}
    {%- endif %}
    {%- if message.role == 'tool' %}
        {{- turn('user', '<tool_response>\n' ~ said ~ '\n</tool_response>') }}
    {%- else %}
        {{- turn(message.role, said) }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
    {%- if enable_thinking is defined and not enable_thinking %}
        {{- '<think>\n\n</think>\n\n' }}
    {%- endif %}
{%- endif %}
"""

# Headers as Llama 3 has them, with the date of today and functions as indented JSON.
LLAMA3 = r"""
{%- macro header(who) -%}
    <|start_header_id|>{{ who }}<|end_header_id|>{{ '\n\n' }}
{%- endmacro -%}
{{- bos_token }}
{%- set today = date_string if date_string is defined else strftime_now('%d %b %Y') %}
{%- set rest = messages %}
{%- set rules = '' %}
{%- if messages[0]['role'] == 'system' %}
    {%- set rest = messages[1:] %}
    {%- set rules = messages[0]['content'] | trim %}
{%- endif %}
{{- header('system') + 'Today Date: ' + today + '\n\n' }}
{%- if tools is not none and tools | length > 0 %}
    {{- 'Functions (' ~ tools | map(attribute='function.name') | join(', ') ~ '):\n\n' }}
    {%- for tool in tools %}
        {{- tool | tojson(indent=4) ~ ('\n\n' if not loop.last else '\n') }}
    {%- endfor %}
{%- endif %}
{{- rules + '<|eot_id|>' }}
{%- for message in rest %}
    {%- if 'tool_calls' in message %}
        {%- if message.tool_calls | count != 1 %}
            {{- raise_exception('one call at a time, not ' ~ message.tool_calls | count) }}
        {%- endif %}
        {%- set call = message.tool_calls[0].function %}
        {{- header('assistant') ~ '{"name": "' ~ call.name ~ '", "parameters": {' }}
        {%- for name, value in call.arguments | dictsort %}
            {{- '"' ~ name ~ '": ' ~ value | tojson ~ (', ' if not loop.last else '') }}
        {%- endfor %}
        {{- '}}<|eot_id|>' }}
    {%- elif message['role'] in ['tool', 'ipython'] %}
        {{- header('ipython') ~ (message.content if message.content is string
                                 else message.content | tojson) ~ '<|eot_id|>' }}
    {%- else %}
        {{- header(message['role']) ~ message['content'] | trim ~ '<|eot_id|>' }}
    {%- endif %}
{%- endfor %}
{{- header('assistant') if add_generation_prompt else '' }}
"""

# Mistral: turns in brackets, tools before the last of the user's, calls that carry their ids.
MISTRAL = r"""
{%- set state = namespace(expected='user', system=none) %}
{%- set questions = messages | selectattr('role', 'equalto', 'user') | list %}
{{- bos_token }}
{%- for message in messages %}
{%- if message.role == 'system' %}
    {%- set state.system = message.content %}
    {%- continue %}
{%- endif %}
{%- if message.role != 'tool' and message.tool_calls is not defined %}
    {%- if message.role != state.expected %}
        {{- raise_exception('It is the turn of ' ~ state.expected ~ ', not of ' ~ message.role) }}
    {%- endif %}
    {%- set state.expected = 'assistant' if message.role == 'user' else 'user' %}
{%- endif %}
{%- if message.role == 'user' %}
    {%- if tools and message == questions[-1] %}
        {{- '[AVAILABLE_TOOLS][' }}
        {%- for tool in tools | map(attribute='function') %}
            {{- '{' }}
            {%- for key, value in tool.items() if key != 'return' %}
                {{- '"' ~ key ~ '": ' }}
                {%- if value is string -%}
                    "{{ value.replace('"', "'") }}"
                {%- else %}
                    {{- value | tojson }}
                {%- endif %}
                {{- ', ' if not loop.last }}
            {%- endfor %}
            {{- '}' ~ (', ' if not loop.last else '') }}
        {%- endfor %}
        {{- '][/AVAILABLE_TOOLS]' }}
    {%- endif %}
    {{- '[INST] ' }}
    {%- if state.system is not none and message == questions[-1] %}{{ state.system }}

{% endif %}
    {{- message.content ~ '[/INST]' }}
{%- elif message.tool_calls is defined %}
    {{- '[TOOL_CALLS][' }}
    {%- for call in message.tool_calls %}
        {%- if call.id | length != 9 %}{{ raise_exception('ids have 9 letters') }}{% endif %}
        {{- (call.function | tojson)[:-1] + ', "id": "' + call.id[-9:] + '"}' }}
        {{- ', ' if not loop.last }}
    {%- endfor %}
    {{- ']' + eos_token }}
{%- elif message.role == 'tool' %}
    {{- '[TOOL_RESULTS]{"content": ' ~ message.content | string ~ ', "call_id": "' }}
    {{- message.tool_call_id ~ '"}[/TOOL_RESULTS]' }}
{%- else %}
    {{- ' ' ~ message.content | trim ~ eos_token }}
{%- endif %}
{%- endfor %}
"""

# Gemma: the assistant is the model, the system's words open the first turn, content may be parts.
GEMMA = r"""
{{ bos_token }}
{%- macro shown(content) -%}
    {%- if content is string -%}
        {{ content | trim }}
    {%- else -%}
        {%- for part in content -%}
            {{ '<start_of_image>' if part['type'] == 'image' else part['text'] | trim }}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}
{%- set opening = namespace(text='') -%}
{%- set count = namespace(turns=0) -%}
{%- for message in messages -%}
    {%- if message['role'] == 'system' and loop.first -%}
        {%- set opening.text = shown(message['content']) + '

' -%}
    {%- else -%}
        {%- set role = {'assistant': 'model'}.get(message['role'], message['role']) -%}
        {%- if (role == 'user') != (count.turns is even) -%}
            {{ raise_exception('Turns go to and fro') }}
        {%- endif -%}
        {{ '<start_of_turn>' + role + '
' + opening.text }}{{ shown(message['content']) }}<end_of_turn>
{% set opening.text = '' -%}
        {%- set count.turns = count.turns + 1 -%}
    {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}<start_of_turn>model
{% endif -%}
"""

# What Jinja in Python shows of values that are no texts.
VALUES = r"""
{{ messages[0] }} {{ [1, 2.5, true, none, 'it\'s', "say \"x\"", 'a\nb', {}] }}
{% set value = {'a': [none, false], 'b': 'x'} %}
{{ 'of: ' ~ value ~ none ~ true ~ 1.0 ~ missing }} {{ value | string | length }}
{% generation %}{{ [1, 'a'] | join('/') }} {{ none | string }} {{ 'sOME wORDS' | capitalize }}
{%- endgeneration %}
{{ '--x-'.strip('-') ~ '|' ~ ' \n y\n'.lstrip('\n ').rstrip() ~ '|' ~ 'abcba'.rstrip('ba') }}
{{ value is iterable }} {{ value is mapping }} {{ messages | length }} {{ 7 // 2 }}
{% for key in value %}{{ key }},{% endfor %}
{% for letter in 'a🚤b' if letter != 'a' %}<{{ letter }}>{% endfor %}
{{ missing | upper }}{{ none | trim }}{{ none | selectattr('a') | list | count }}
{%- if messages | length == 2 %}{{ 'a' + messages[0] }}{% endif %}
"""
STYLES = {name: text.lstrip("\n") for name, text in dict(
    chatml=CHATML, llama3=LLAMA3, mistral=MISTRAL, gemma=GEMMA, values=VALUES).items()}
