// AutoTokenizer: a model's tokenizer by itself, with the names of transformers.js and Python.
import { isChat, readChat, renderChat, templateOptions } from './chat-template.js';
import { DragomanError } from './common/errors.js';
import { engineFor, LoadedModel } from './engine.js';
import { resolveModel } from './models.js';
import { checkPipelineOptions, shown, splitCallOptions } from './options.js';
import { storeParams } from './stored-models.js';
import { readText, readTextList } from './texts.js';
import { executions } from './variant.js';
import type { Chat, TemplateOptions } from './chat-template.js';
import type { RunAnswer, TokenizerInfo } from './common/protocol.js';
import type { DecodeOptions, TokenizerOptions } from './generated/options.js';
import type { ModelSource } from './models.js';
import type { CallOptions, PipelineOptions } from './options.js';
import type { TextPair } from './texts.js';

export type PretrainedOptions = Omit<
  PipelineOptions,
  'dtype' | 'kv_dtype' | 'device' | 'model_file_name'
>;

const pretrainedOptions = [
  'progress_callback',
  'signal',
  'revision',
  'local_files_only',
  'threads',
  'variant',
] satisfies (keyof PretrainedOptions)[];

export interface TokenizerCallOptions extends CallOptions, TokenizerOptions {
  /** Second texts of pairs: one for a text, as many as there are texts for an array. */
  text_pair?: string | readonly string[] | null;
}

/** What is made of one text. Which members there are is up to the model and the options. */
export interface EncodedText {
  input_ids: number[];
  token_type_ids?: number[];
  attention_mask?: number[];
  special_tokens_mask?: number[];
  /** Begin and end of each token in its text, in UTF-16 units as JavaScript counts them. */
  offset_mapping?: [number, number][];
}

/** The same of several, a row for each, or for each window of each. */
export type EncodedTexts = {
  [Member in keyof EncodedText]: NonNullable<EncodedText[Member]>[];
} & {
  /** With `return_overflowing_tokens`: the index of each row's text. */
  overflow_to_sample_mapping?: number[];
};

export interface DecodeCallOptions extends CallOptions, DecodeOptions {}

export interface TokenizeOptions extends CallOptions {
  pair?: string | null;
  /** By default `false`. */
  add_special_tokens?: boolean;
}

export interface ChatTemplateOptions extends CallOptions, TemplateOptions {
  /** Ids rather than the text. By default `true`. */
  tokenize?: boolean;
  /** Everything that a call of the tokenizer gives, rather than ids alone. By default `false`. */
  return_dict?: boolean;
  padding?: TokenizerOptions['padding'];
  truncation?: TokenizerOptions['truncation'];
  max_length?: TokenizerOptions['max_length'];
  /** More options of a call of the tokenizer. */
  tokenizer_kwargs?: TokenizerCallOptions;
  /** What else the template reads, such as `enable_thinking`. */
  [variable: string]: unknown;
}

type TokenIds = readonly (number | bigint)[] | Int32Array | Uint32Array | BigInt64Array;
type Windows = { return_overflowing_tokens: true };
type Words = { is_split_into_words: true };

/** A tokenizer that is loaded. Tokens that a model lacks are `undefined`, and so are their ids. */
export interface PreTrainedTokenizer extends Readonly<TokenizerInfo> {
  readonly model_type: string;
  /** Number of tokens, those added to the vocabulary too. */
  readonly vocab_size: number;
  (
    words: readonly string[],
    options: TokenizerCallOptions & Words & { return_overflowing_tokens?: false },
  ): Promise<EncodedText>;
  (
    words: readonly string[],
    options: TokenizerCallOptions & Words & Windows,
  ): Promise<EncodedTexts>;
  (
    texts: readonly (readonly string[])[],
    options: TokenizerCallOptions & Words,
  ): Promise<EncodedTexts>;
  (text: string, options: TokenizerCallOptions & Windows): Promise<EncodedTexts>;
  (text: string, options?: TokenizerCallOptions): Promise<EncodedText>;
  (texts: readonly string[], options?: TokenizerCallOptions): Promise<EncodedTexts>;
  /** The ids of a text. */
  encode(text: string, options?: TokenizerCallOptions): Promise<number[]>;
  decode(ids: TokenIds, options?: DecodeCallOptions): Promise<string>;
  batch_decode(ids: readonly TokenIds[], options?: DecodeCallOptions): Promise<string[]>;
  /** A chat as the model's template writes it; of an array of chats, an array. */
  apply_chat_template(
    chat: Chat,
    options: ChatTemplateOptions & { tokenize: false },
  ): Promise<string>;
  apply_chat_template(
    chats: readonly Chat[],
    options: ChatTemplateOptions & { tokenize: false },
  ): Promise<string[]>;
  apply_chat_template(
    chat: Chat,
    options: ChatTemplateOptions & { return_dict: true },
  ): Promise<EncodedText>;
  apply_chat_template(
    chats: readonly Chat[],
    options: ChatTemplateOptions & { return_dict: true },
  ): Promise<EncodedTexts>;
  apply_chat_template(chat: Chat, options?: ChatTemplateOptions): Promise<number[]>;
  apply_chat_template(chats: readonly Chat[], options?: ChatTemplateOptions): Promise<number[][]>;
  /** How the vocabulary spells the tokens of a text. */
  tokenize(text: string, options?: TokenizeOptions): Promise<string[]>;
  /** Of a token that there is not, the id of the unknown one; `null` without that. */
  convert_tokens_to_ids(token: string): Promise<number | null>;
  convert_tokens_to_ids(tokens: readonly string[]): Promise<(number | null)[]>;
  /** `null` for an id that no token has. */
  convert_ids_to_tokens(id: number): Promise<string | null>;
  convert_ids_to_tokens(ids: TokenIds): Promise<(string | null)[]>;
  /** Frees the tokenizer. Calls that run, and all later ones, reject with `disposed`. */
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

type Action = 'encode' | 'decode' | 'ids' | 'tokens';

const invalid = (message: string) => new DragomanError('invalid-argument', message);

function send(
  model: LoadedModel,
  action: Action,
  inputs: readonly unknown[],
  options: unknown,
): Promise<RunAnswer> {
  const { signal, taskOptions } = splitCallOptions(options, ['text_pair']);
  return model.run(JSON.stringify({ action, inputs, options: taskOptions }), signal);
}

async function ask<Result>(
  model: LoadedModel,
  action: Action,
  inputs: readonly unknown[],
  options: unknown,
): Promise<Result> {
  return JSON.parse((await send(model, action, inputs, options)).json) as Result;
}

/** Cuts an array of all rows, one after the other, of numbers or of pairs of them. */
function readRows(all: Int32Array, lengths: Int32Array, pairs: boolean): unknown[][] {
  const rows: unknown[][] = [];
  let at = 0;
  for (const length of lengths) {
    const row: unknown[] = [];
    for (let i = 0; i < length; i++) row.push(pairs ? [all[at++], all[at++]] : all[at++]);
    rows.push(row);
  }
  return rows;
}

async function encodeAll(
  model: LoadedModel,
  inputs: readonly unknown[],
  options: unknown,
): Promise<EncodedTexts> {
  const { json, attachments } = await send(model, 'encode', inputs, options);
  const arrays = attachments.map((bytes) => new Int32Array(bytes));
  // Each member is the index of its array.
  const { lengths, ...members } = JSON.parse(json) as Record<string, number>;
  const array = (index = 0) => arrays[index] as Int32Array;
  const read = ([name, index]: [string, number]) => {
    if (name === 'overflow_to_sample_mapping') return [name, [...array(index)]];
    return [name, readRows(array(index), array(lengths), name === 'offset_mapping')];
  };
  return Object.fromEntries(Object.entries(members).map(read)) as EncodedTexts;
}

/** Texts with their second ones. */
function readPairs(input: unknown, pair: unknown): (string | TextPair)[] {
  const many = Array.isArray(input);
  const texts = many ? readTextList(input, 'texts') : [readText(input, 'The text')];
  if (pair === undefined || pair === null) return texts;
  const seconds = many ? readTextList(pair, 'text_pair') : [readText(pair, 'text_pair')];
  if (seconds.length !== texts.length) {
    throw invalid(`text_pair has ${seconds.length} texts for ${texts.length}.`);
  }
  return texts.map((text, index) => ({ text, text_pair: seconds[index] }));
}

/** Texts that were cut into words. */
function readWords(input: unknown, pair: unknown): string[][] {
  if (pair !== undefined && pair !== null) {
    throw new DragomanError(
      'unsupported-option',
      'text_pair cannot be honoured together with is_split_into_words.',
    );
  }
  if (!isBatch(input, true)) return [readTextList(input, 'words')];
  return (input as unknown[]).map((words, index) => readTextList(words, `texts[${index}]`));
}

/** Whether the results are rows. */
function isBatch(input: unknown, words: boolean): boolean {
  return Array.isArray(input) && (!words || Array.isArray(input[0]));
}

async function call(
  model: LoadedModel,
  input: unknown,
  options: TokenizerCallOptions | undefined,
): Promise<EncodedText | EncodedTexts> {
  const {
    text_pair: pair,
    is_split_into_words: split,
    return_overflowing_tokens: windows,
  } = options ?? {};
  const words = split === true;
  const inputs = words ? readWords(input, pair) : readPairs(input, pair);
  const rows = await encodeAll(model, inputs, options);
  if (windows === true || isBatch(input, words)) return rows;
  const first = Object.entries(rows).map(([name, [row]]) => [name, row] as const);
  return Object.fromEntries(first) as unknown as EncodedText;
}

function readIds(ids: unknown, name: string): number[] {
  if (Array.isArray(ids) || (ArrayBuffer.isView(ids) && !(ids instanceof DataView))) {
    return Array.from(ids as unknown as ArrayLike<number | bigint>, (id) => {
      if (typeof id === 'bigint' || Number.isInteger(id)) return Number(id);
      throw invalid(`${name} must hold whole numbers; got ${shown(id)}.`);
    });
  }
  throw invalid(`${name} must be an array of numbers; got ${shown(ids)}.`);
}

async function batchDecode(model: LoadedModel, batch: unknown, options: unknown) {
  if (!Array.isArray(batch)) throw invalid(`ids must be an array; got ${shown(batch)}.`);
  const ids = batch.map((each, index) => readIds(each, `ids[${index}]`));
  return ask<string[]>(model, 'decode', ids, options);
}

const ownChatOptions = [
  ...templateOptions,
  'signal',
  'tokenize',
  'return_dict',
  'padding',
  'truncation',
  'max_length',
  'tokenizer_kwargs',
];

async function applyChatTemplate(
  model: LoadedModel,
  input: unknown,
  given: ChatTemplateOptions = {},
) {
  const single = isChat(input) || !Array.isArray(input);
  const chats = single
    ? [readChat(input, 'The chat')]
    : input.map((chat, index) => readChat(chat, `chats[${index}]`));
  const others = Object.entries(given).filter(
    ([name, value]) => !ownChatOptions.includes(name) && value !== undefined,
  );
  const variables = Object.fromEntries(others);
  const { name, tokenizer } = model.info;
  const render = (chat: Chat) =>
    renderChat(name, tokenizer as TokenizerInfo, chat, given, variables);
  const texts = await Promise.all(chats.map(render));
  const { tokenize = true, return_dict, signal, padding, truncation, max_length } = given;
  signal?.throwIfAborted();
  if (!tokenize) return single ? texts[0] : texts;
  // Templates write special tokens themselves.
  const asked: TokenizerCallOptions = { ...given.tokenizer_kwargs, add_special_tokens: false };
  Object.assign(asked, { signal, padding, truncation, max_length });
  const encoded = await call(model, single ? texts[0] : texts, asked);
  return return_dict ? encoded : encoded.input_ids;
}

async function tokenize(model: LoadedModel, text: unknown, options: TokenizeOptions = {}) {
  const { pair, ...others } = options;
  const inputs = readPairs(readText(text, 'The text'), pair);
  const asked = { add_special_tokens: false, ...others };
  const { input_ids: rows } = await encodeAll(model, inputs, asked);
  return ask<string[]>(model, 'tokens', rows[0] ?? [], { signal: options.signal });
}

async function tokensToIds(model: LoadedModel, tokens: unknown) {
  if (Array.isArray(tokens)) {
    return ask<(number | null)[]>(model, 'ids', readTextList(tokens, 'tokens'), {});
  }
  return (await ask<(number | null)[]>(model, 'ids', [readText(tokens, 'The token')], {}))[0];
}

async function idsToTokens(model: LoadedModel, ids: unknown) {
  const single = typeof ids === 'number';
  const found = await ask<(string | null)[]>(
    model,
    'tokens',
    readIds(single ? [ids] : ids, 'ids'),
    {},
  );
  return single ? found[0] : found;
}

function create(model: LoadedModel): PreTrainedTokenizer {
  const { model_type, vocab_size, tokenizer } = model.info;
  const dispose = () => model.dispose();
  const members: Record<string | symbol, unknown> = {
    ...tokenizer,
    model_type,
    vocab_size,
    async encode(text: unknown, options?: TokenizerCallOptions) {
      const inputs = readPairs(readText(text, 'The text'), options?.text_pair);
      return (await encodeAll(model, inputs, options)).input_ids[0];
    },
    async decode(ids: unknown, options?: unknown) {
      return (await ask<string[]>(model, 'decode', [readIds(ids, 'ids')], options))[0];
    },
    batch_decode: (ids: unknown, options?: unknown) => batchDecode(model, ids, options),
    apply_chat_template: (chat: unknown, options?: ChatTemplateOptions) =>
      applyChatTemplate(model, chat, options),
    tokenize: (text: unknown, options?: TokenizeOptions) => tokenize(model, text, options),
    convert_tokens_to_ids: (tokens: unknown) => tokensToIds(model, tokens),
    convert_ids_to_tokens: (ids: unknown) => idsToTokens(model, ids),
    dispose,
  };
  // Missing in browsers that know no `await using`, which then cannot ask for it either.
  if (Symbol.asyncDispose) members[Symbol.asyncDispose] = dispose;
  const tokenizerCall = (input: unknown, options?: TokenizerCallOptions) =>
    call(model, input, options);
  const described = Object.getOwnPropertyDescriptors(members);
  return Object.defineProperties(tokenizerCall, described) as unknown as PreTrainedTokenizer;
}

/** Loads tokenizers, without the weights of their models. */
export const AutoTokenizer = {
  /**
   * @param model hub id, folder or URL; files of a folder, or its handle
   * @throws DragomanError; the signal's reason when it was aborted
   */
  async from_pretrained(
    model: ModelSource,
    options: PretrainedOptions = {},
  ): Promise<PreTrainedTokenizer> {
    checkPipelineOptions(options, 'AutoTokenizer.from_pretrained()', pretrainedOptions);
    const { signal, progress_callback: onEvent, variant, threads } = options;
    signal?.throwIfAborted();
    const task = 'tokenizer';
    const { name, sources, file } = resolveModel(task, model, options);
    if (file !== undefined) {
      throw new DragomanError(
        'unsupported-model',
        `${name} is a GGUF file, whose tokenizer comes with the model only: use pipeline().`,
      );
    }
    const engine = engineFor(executions({ variant, threads }));
    const store = storeParams();
    const spec = { task, dtype: 'int8' as const, name, sources, store, network: task };
    const loaded = await LoadedModel.load(engine, spec, { signal, onEvent });
    loaded.warmUp();
    onEvent?.({ status: 'ready', task, model: name });
    return create(loaded);
  },
};
