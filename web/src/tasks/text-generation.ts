// What a model adds to a prompt, or says next in a chat.
import { DragomanError } from '../common/errors.js';
import { isChat, readChat, renderChat } from '../chat-template.js';
import { shown, splitCallOptions } from '../options.js';
import { readTexts } from '../texts.js';
import {
  assemble,
  listenerOf,
  makeRequest,
  prepareDraws,
  runListening,
  shortCall,
  streamNews,
} from './text2text.js';
import type { Chat, ChatMessage, TemplateOptions } from '../chat-template.js';
import type { TokenizerInfo } from '../common/protocol.js';
import type { LoadedModel } from '../engine.js';
import type { TextGenerationOptions } from '../generated/options.js';
import type { CallOptions, SplitOptions } from '../options.js';
import type { PartialText } from '../stream.js';
import type { TextStreamer } from '../text-streamer.js';
import type { PipelineBase, TaskDefinition } from './definition.js';
import type { Output, OutputFacts, Request } from './text2text.js';

/** What a chat has besides. */
export interface ChatOptions extends Omit<TemplateOptions, 'add_generation_prompt'> {
  /** What else the template reads: `{ enable_thinking: false }`. */
  tokenizer_encode_kwargs?: Record<string, unknown>;
}

export interface TextGenerationStreamOptions
  extends CallOptions, ChatOptions, Omit<TextGenerationOptions, 'stream'> {
  /**
   * Outputs begin with their prompt, or with the messages so far; with `false` they are only the
   * new text. By default `true`.
   */
  return_full_text?: boolean;
}

export interface TextGenerationCallOptions extends TextGenerationStreamOptions {
  /** Gets the text piece by piece, as it becomes certain; of a chat, the reply. */
  streamer?: TextStreamer;
  /** Is told of every step of every text. */
  callback_function?: (news: PartialContinuation) => void;
}

/** What came of a prompt. */
export interface Continuation extends OutputFacts {
  generated_text: string;
}

/** What came of a chat: its messages, and the reply. */
export interface ChatContinuation extends OutputFacts {
  generated_text: ChatMessage[];
}

/** News of one prompt or chat while a request runs. */
export interface PartialContinuation {
  /** Which one of the input. */
  index: number;
  /** What was added for good; of a chat, to the reply. The deltas, joined, are the text. */
  delta: string;
  done: boolean;
  /** As far as it has come; a beam search may still revise its end. */
  generated_text: string | ChatMessage[];
  /** Of one that is done: what the call itself gives for it. */
  generated?: (Continuation | ChatContinuation)[];
}

type NewTextOnly = { return_full_text: false };

export interface TextGenerationPipeline extends PipelineBase {
  (text: string, options?: TextGenerationCallOptions): Promise<Continuation[]>;
  (chat: Chat, options: TextGenerationCallOptions & NewTextOnly): Promise<Continuation[]>;
  (chat: Chat, options?: TextGenerationCallOptions): Promise<ChatContinuation[]>;
  (texts: readonly string[], options?: TextGenerationCallOptions): Promise<Continuation[][]>;
  (
    chats: readonly Chat[],
    options: TextGenerationCallOptions & NewTextOnly,
  ): Promise<Continuation[][]>;
  (chats: readonly Chat[], options?: TextGenerationCallOptions): Promise<ChatContinuation[][]>;
  /** The outputs as they grow. The request ends when the loop over it is left. */
  stream(
    input: string | Chat | readonly string[] | readonly Chat[],
    options?: TextGenerationStreamOptions,
  ): AsyncGenerator<PartialContinuation, void, undefined>;
}

const names = { text: 'generated_text', list: 'generated' } as const;

const chatOptions = [
  'chat_template',
  'tools',
  'documents',
  'continue_final_message',
  'tokenizer_encode_kwargs',
] satisfies (keyof ChatOptions)[];
const pageOptions = ['return_full_text', 'streamer', 'callback_function', ...chatOptions];

/** What the model goes on from. */
interface Prompt {
  /** As it is given to the model. */
  text: string;
  chat?: Chat;
  /** The reply goes on with the last message. */
  goesOn?: boolean;
}

interface Call {
  prompts: Prompt[];
  /** Of one prompt or chat, not of an array of them. */
  single: string | undefined;
  /** Outputs begin with the prompt. */
  full: boolean;
  split: SplitOptions;
}

const invalid = (message: string) => new DragomanError('invalid-argument', message);

async function renderPrompt(model: LoadedModel, chat: Chat, options: ChatOptions): Promise<Prompt> {
  const { tokenizer_encode_kwargs: variables, ...template } = options;
  const goesOn = options.continue_final_message ?? chat[chat.length - 1]?.role === 'assistant';
  const { name, tokenizer } = model.info;
  const how = { ...template, continue_final_message: goesOn, add_generation_prompt: !goesOn };
  const text = await renderChat(name, tokenizer as TokenizerInfo, chat, how, variables);
  return { text, chat, goesOn };
}

// As Python: what the first one is, all are.
function readChats(input: unknown): { chats: Chat[]; single: boolean } | undefined {
  if (isChat(input)) return { chats: [readChat(input, 'The chat')], single: true };
  if (!Array.isArray(input) || !Array.isArray(input[0])) return undefined;
  return { chats: input.map((chat, index) => readChat(chat, `inputs[${index}]`)), single: false };
}

function checkOptions(options: TextGenerationCallOptions): void {
  for (const name of ['return_full_text', 'continue_final_message'] as const) {
    const value: unknown = options[name];
    if (value === undefined || value === null || typeof value === 'boolean') continue;
    throw invalid(`${name} must be a boolean; got ${shown(value)}.`);
  }
  const { tokenizer_encode_kwargs: variables } = options;
  if (variables !== undefined && (typeof variables !== 'object' || variables === null)) {
    throw invalid(`tokenizer_encode_kwargs must be an object; got ${shown(variables)}.`);
  }
}

/** @param page names of options that are not the engine's */
async function readCall(
  model: LoadedModel,
  input: unknown,
  given: TextGenerationCallOptions | undefined,
  page: string[],
): Promise<Call> {
  const split = splitCallOptions(given, page);
  const options = given ?? {};
  checkOptions(options);
  const full = options.return_full_text ?? true;
  const asked = chatOptions.filter((name) => options[name] !== undefined);
  const found = readChats(input);
  if (found === undefined) {
    if (asked.length > 0) {
      throw new DragomanError('unsupported-option', `${asked[0]} is of use with chats only.`);
    }
    const prompts = readTexts(input).map((text) => ({ text }));
    return { prompts, single: Array.isArray(input) ? undefined : 'The text', full, split };
  }
  const own = Object.fromEntries(asked.map((name) => [name, options[name]])) as ChatOptions;
  const prompts = await Promise.all(found.chats.map((chat) => renderPrompt(model, chat, own)));
  // Templates write special tokens themselves.
  const taskOptions = { ...split.taskOptions, add_special_tokens: false };
  const single = found.single ? 'The chat' : undefined;
  return { prompts, single, full, split: { ...split, taskOptions } };
}

function start(model: LoadedModel, { prompts, single, split }: Call, stream: boolean): Request {
  const texts = prompts.map(({ text }) => text);
  return makeRequest({ model, names, locale: undefined }, texts, single, split, stream);
}

/** The last message with the text at its end. */
function goneOn({ content, ...message }: ChatMessage, text: string): ChatMessage {
  if (typeof content === 'string') return { ...message, content: content + text } as ChatMessage;
  const place = content.findLastIndex((part) => typeof part['text'] === 'string');
  const parts = content.map((part, index) => {
    return index === place ? { ...part, text: `${part['text']}${text}` } : part;
  });
  return { ...message, content: parts } as ChatMessage;
}

/** New text as callers get it: behind its prompt, or as a message. */
function present({ text: prompt, chat, goesOn }: Prompt, text: string, full: boolean) {
  if (!full) return text;
  if (chat === undefined) return prompt + text;
  const last = chat[chat.length - 1] as ChatMessage;
  // What was given comes back, calls of functions among it.
  const before = (goesOn ? chat.slice(0, -1) : chat) as ChatMessage[];
  return [...before, goesOn ? goneOn(last, text) : { role: 'assistant', content: text }];
}

type AnyContinuation = Continuation | ChatContinuation;

/** Outputs and news of a call, in the shape that callers get them. */
class Presenter {
  readonly #call: Call;
  readonly #begun = new Set<number>();

  constructor(call: Call) {
    this.#call = call;
  }

  outputs(index: number, outputs: Output[]): AnyContinuation[] {
    const prompt = this.#call.prompts[index] as Prompt;
    return outputs.map(({ text, ...facts }) => {
      return {
        generated_text: present(prompt, text, this.#call.full),
        ...facts,
      } as AnyContinuation;
    });
  }

  news({ index, text, delta, done, outputs }: PartialText<Output>): PartialContinuation {
    const prompt = this.#call.prompts[index] as Prompt;
    const lead = this.#call.full && !prompt.chat && !this.#begun.has(index) ? prompt.text : '';
    this.#begun.add(index);
    const news: PartialContinuation = {
      index,
      generated_text: present(prompt, text, this.#call.full),
      delta: lead + delta,
      done,
    };
    if (outputs) news.generated = this.outputs(index, outputs);
    return news;
  }
}

async function generate(
  model: LoadedModel,
  input: unknown,
  options: TextGenerationCallOptions | undefined,
): Promise<AnyContinuation[] | AnyContinuation[][]> {
  const call = await readCall(model, input, options, pageOptions);
  const presenter = new Presenter(call);
  let news: PartialContinuation | undefined;
  // Both listeners are told of the same piece, of which the prompt is only in the first.
  const streamed = (raw: PartialText<Output>, streamer: TextStreamer) => {
    news = presenter.news(raw);
    return streamer.skip_prompt ? raw.delta : news.delta;
  };
  const told = (raw: PartialText<Output>) => {
    const piece = news ?? presenter.news(raw);
    news = undefined;
    return piece;
  };
  const listener = listenerOf(options, told, streamed);
  const request = start(model, call, listener !== undefined);
  const results = await runListening(request, call.split.signal, listener);
  const all = assemble(request, results).map((outputs, index) => presenter.outputs(index, outputs));
  return call.single === undefined ? all : (all[0] as AnyContinuation[]);
}

async function* stream(
  model: LoadedModel,
  input: unknown,
  options: TextGenerationStreamOptions | undefined,
): AsyncGenerator<PartialContinuation, void, undefined> {
  const page = ['return_full_text', ...chatOptions];
  const call = await readCall(model, input, options, page);
  const presenter = new Presenter(call);
  const request = start(model, call, true);
  for await (const news of streamNews(request, call.split.signal)) yield presenter.news(news);
}

export const textGeneration: TaskDefinition<TextGenerationPipeline> = {
  prepare: prepareDraws,
  sample: shortCall,
  create(model) {
    const call = (input: unknown, options?: TextGenerationCallOptions) =>
      generate(model, input, options);
    const streamed = (input: unknown, options?: TextGenerationStreamOptions) =>
      stream(model, input, options);
    return Object.assign(call, { stream: streamed });
  },
};
