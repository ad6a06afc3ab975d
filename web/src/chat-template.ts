// Chats to text, by the model's own template, as apply_chat_template of Python does it.
import { DragomanError, messageOf } from './common/errors.js';
import { shown } from './options.js';
import { wellFormed } from './texts.js';
import type { TokenizerInfo } from './common/protocol.js';
import type { Render } from './jinja.js';

/** A part of a message, such as `{ type: 'text', text: '…' }`. */
export type MessagePart = Record<string, unknown>;

/** One turn of a chat. Templates may read more of it than these two. */
export interface ChatMessage {
  role: string;
  content: string | MessagePart[];
  [more: string]: unknown;
}

/** A turn that only calls functions. */
export interface CallMessage {
  role: string;
  content?: null;
  tool_calls: readonly object[];
  [more: string]: unknown;
}

export type Chat = readonly (ChatMessage | CallMessage)[];

/** How a chat is written down. */
export interface TemplateOptions {
  /** The name of one of the model's templates, or a template. */
  chat_template?: string | undefined;
  /** Functions that the model may call, as JSON schemas. */
  tools?: readonly object[] | null | undefined;
  /** Texts that the model may quote. */
  documents?: readonly object[] | null | undefined;
  /** What tells the model that it is its turn comes at the end. By default `false`. */
  add_generation_prompt?: boolean | undefined;
  /** The last message is left open for the model to go on with. By default `false`. */
  continue_final_message?: boolean | undefined;
}

/** Names of the options above, of which no template can have variables. */
export const templateOptions = [
  'chat_template',
  'tools',
  'documents',
  'add_generation_prompt',
  'continue_final_message',
] satisfies (keyof TemplateOptions)[];

const invalid = (message: string) => new DragomanError('invalid-argument', message);

export function isChat(value: unknown): value is Chat {
  return Array.isArray(value) && typeof value[0] === 'object' && !Array.isArray(value[0]);
}

/** A chat that goes by a name. Throws invalid-argument naming the message at fault. */
export function readChat(value: unknown, name: string): Chat {
  if (!Array.isArray(value) || value.length === 0) {
    throw invalid(`${name} must be an array of messages; got ${shown(value)}.`);
  }
  value.forEach((message: unknown, index) => {
    const { role, content, tool_calls: calls } = (message ?? {}) as Partial<ChatMessage>;
    const says = typeof content === 'string' || Array.isArray(content);
    const onlyCalls = Array.isArray(calls) && (content === undefined || content === null);
    if (typeof role === 'string' && (says || onlyCalls)) return;
    throw invalid(`${name}[${index}] must have a role and a content; got ${shown(message)}.`);
  });
  return value as Chat;
}

interface ChosenTemplate {
  name: string;
  text: string;
}

// As get_chat_template of Python: a name, the text itself, the one for tools, the usual one.
function chooseTemplate(
  model: string,
  templates: Record<string, string>,
  { chat_template: given, tools }: TemplateOptions,
): ChosenTemplate {
  const named = (name: string) => {
    const text = templates[name];
    return text === undefined ? undefined : { name: `${JSON.stringify(name)} of ${model}`, text };
  };
  if (given !== undefined) {
    if (typeof given !== 'string') {
      throw invalid(`chat_template must be a string; got ${shown(given)}.`);
    }
    return (Object.hasOwn(templates, given) && named(given)) || { name: 'given', text: given };
  }
  const found = (tools && named('tool_use')) ?? named('default');
  if (found) return found;
  const names = Object.keys(templates);
  throw invalid(
    names.length > 0
      ? `${model} has several chat templates, none of them the default: ${names.join(', ')}; ` +
          'name one as chat_template.'
      : `${model} has no chat template: neither tokenizer_config.json nor chat_template.jinja ` +
          'holds one; give one as chat_template.',
  );
}

const compiled = new Map<string, Promise<Render>>();

async function compileTemplate({ name, text }: ChosenTemplate): Promise<Render> {
  try {
    // The module is looked up beside this one, and its templates are kept as long as it is.
    const { compile } = await import('./jinja.js');
    return compile(text);
  } catch (error) {
    const message = `The chat template ${name} cannot be read: ${messageOf(error)}`;
    throw new DragomanError('tokenizer-format', message, { cause: error });
  }
}

function renderer(chosen: ChosenTemplate): Promise<Render> {
  let found = compiled.get(chosen.text);
  if (found === undefined) {
    found = compileTemplate(chosen);
    found.catch(() => compiled.delete(chosen.text));
    compiled.set(chosen.text, found);
  }
  return found;
}

// Marks the place in the last message where the model goes on.
const mark = 'CONTINUE_FINAL_MESSAGE_TAG ';

/** The chat with the mark at its end, and what stands before it. */
function marked(chat: Chat): { chat: Chat; last: string } {
  const copy = structuredClone(chat) as Chat[number][];
  const message = copy[copy.length - 1] as Chat[number];
  if (typeof message.content === 'string') {
    const last = message.content;
    message.content = last + mark;
    return { chat: copy, last };
  }
  const part = message.content?.findLast(({ text }) => typeof text === 'string');
  if (part === undefined) {
    throw invalid('continue_final_message is set, but the last message has no text to go on with.');
  }
  const last = part['text'] as string;
  part['text'] = last + mark;
  return { chat: copy, last };
}

function cutAtMark(text: string, last: string): string {
  if (!text.includes(last.trim()) || !text.includes(mark.trim())) {
    throw invalid(
      'continue_final_message is set, but the chat template leaves out the last message, or a ' +
        'part of it.',
    );
  }
  const place = text.lastIndexOf(mark.trim());
  // Where the template trims messages, the space before the mark goes as well.
  const trimmed = !text.startsWith(mark, place);
  return trimmed ? text.slice(0, place).trimEnd() : text.slice(0, place);
}

// What the template knows by name besides the chat: as in Python, the special tokens there are.
function specialTokens(info: TokenizerInfo): Record<string, unknown> {
  const keys = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'] as const;
  const tokens: Record<string, unknown> = {};
  for (const key of keys) {
    const token = info[`${key}_token`];
    if (token !== undefined) tokens[`${key}_token`] = token;
  }
  const { additional_special_tokens: additional } = info;
  if (additional.length > 0) tokens['additional_special_tokens'] = additional;
  return tokens;
}

// A misspelt option would otherwise be a variable that no one reads.
function checkVariables(variables: Record<string, unknown>, { name, text }: ChosenTemplate): void {
  for (const key of Object.keys(variables)) {
    if (/^[A-Za-z_]\w*$/.test(key) && new RegExp(`\\b${key}\\b`).test(text)) continue;
    throw new DragomanError(
      'unsupported-option',
      `The option ${shown(key)} is unknown, and the chat template ${name} reads no such variable.`,
    );
  }
}

function checkObjects(value: unknown, name: string): void {
  const fine =
    value === undefined ||
    value === null ||
    (Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null));
  if (!fine) throw invalid(`${name} must be an array of objects; got ${shown(value)}.`);
}

/**
 * Writes a chat down.
 *
 * @param model what it is called in messages
 * @param variables what else the template reads
 * @throws DragomanError invalid-argument where the template refuses the chat, tokenizer-format
 * where it is none, unsupported-option for variables that it does not read
 */
export async function renderChat(
  model: string,
  info: TokenizerInfo,
  chat: Chat,
  options: TemplateOptions,
  variables: Record<string, unknown> = {},
): Promise<string> {
  const { tools = null, documents = null, continue_final_message: goesOn = false } = options;
  const { add_generation_prompt: prompt = false } = options;
  checkObjects(tools, 'tools');
  checkObjects(documents, 'documents');
  if (goesOn && prompt) {
    throw invalid('continue_final_message and add_generation_prompt exclude one another.');
  }
  const chosen = chooseTemplate(model, info.chat_template ?? {}, options);
  checkVariables(variables, chosen);
  const render = await renderer(chosen);
  const { chat: messages, last } = goesOn ? marked(chat) : { chat, last: '' };
  let text: string;
  try {
    text = render({
      ...specialTokens(info),
      ...variables,
      messages,
      tools,
      documents,
      add_generation_prompt: prompt,
    });
  } catch (error) {
    const message = `The chat template ${chosen.name} refuses the chat: ${messageOf(error)}`;
    throw new DragomanError('invalid-argument', message, { cause: error });
  }
  return wellFormed(goesOn ? cutAtMark(text, last) : text);
}
