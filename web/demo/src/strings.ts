// Everything the page says that is not in index.html, in one place.
import type { ErrorCode } from 'dragoman';

const locale = 'en';
const number = (digits: number) => new Intl.NumberFormat(locale, { maximumFractionDigits: digits });
const whole = number(0);
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
const languageNames = new Intl.DisplayNames(locale, { type: 'language' });

export function count(value: number, one: string, many = `${one}s`): string {
  return `${whole.format(value)} ${value === 1 ? one : many}`;
}

/** Bytes as people say them, in powers of ten as file managers do. */
export function bytes(value: number): string {
  if (value < 1e3) return count(value, 'byte');
  if (value < 1e6) return `${whole.format(value / 1e3)} KB`;
  return `${number(value < 1e7 ? 1 : 0).format(value / 1e6)} MB`;
}

export const percent = (share: number) => `${whole.format(100 * share)} %`;
export const decimal = (value: number) => value.toFixed(2).replace('-', '\u2212');

/** "English" of `en`; codes the browser does not know stay as they are. */
export function language(code: string): string {
  try {
    return languageNames.of(code) ?? code;
  } catch {
    return code;
  }
}

export function ago(date: Date, now = Date.now()): string {
  const minutes = Math.round((date.getTime() - now) / 60_000);
  if (minutes > -1) return 'just now';
  if (minutes > -60) return relative.format(minutes, 'minute');
  if (minutes > -60 * 24) return relative.format(Math.round(minutes / 60), 'hour');
  return relative.format(Math.round(minutes / 60 / 24), 'day');
}

/** What to tell people of an error; its own message, which holds the details, comes after it. */
export const errorTexts: Record<ErrorCode, string> = {
  'invalid-argument': 'That does not name a model, or not one for this.',
  'unsupported-option': 'That is not possible here.',
  'unsupported-model': 'This kind of model is not supported, or it is not one for this.',
  'model-format': 'A file of this model is damaged, or not what its name says.',
  'model-incomplete': 'A file that this model needs is missing.',
  'tokenizer-format': 'This model’s tokenizer is damaged or of a kind that is not supported.',
  network: 'The download failed. Check the connection and the address.',
  integrity: 'The bytes that arrived or were stored are damaged. Load the model again.',
  'storage-quota': 'The browser’s storage is full. Delete models you no longer need.',
  'out-of-memory': 'There is not enough memory for this.',
  'input-too-long': 'A sentence is longer than this model can take. Split it in two.',
  'unsupported-browser': 'This browser lacks something that is needed here.',
  'worker-crashed': 'The engine stopped. It starts again with the next text.',
  disposed: 'The model was removed.',
  internal: 'Something went wrong that should not have.',
};

export const text = {
  unknownError: 'Something went wrong.',
  source: 'Source',
  target: 'Translation',
  loading: (name: string) => `Loading ${name}`,
  preparing: 'Preparing …',
  retry: 'Try again',
  dismiss: 'Dismiss',
  loadedOf: (loaded: number, total: number) =>
    total > 0 ? `${bytes(loaded)} of ${bytes(total)}` : bytes(loaded),
  fromStore: 'from this browser’s storage',
  translated: (sentences: number) => `Translated ${count(sentences, 'sentence')}.`,
  modelReady: (name: string) => `${name} is ready.`,
  words: (words: number) => count(words, 'word'),
  copied: 'Copied',
  copyFailed: 'The browser did not allow copying.',
  alternatives: 'Other translations',
  alternativesOf: (sentence: string) => `Other translations of “${sentence}”`,
  searching: 'Searching …',
  onlyOne: 'The search found no other translation.',
  cut: 'This translation was cut, as it grew too long.',
  scoreMeaning: 'Mean log-probability of a token: closer to zero is more likely',
  labelsEmpty: 'How each sentence sounds appears here.',
  labelsForeign: (name: string) =>
    `Reads English; this text is ${name}. Load a classifier for it to see more.`,
  labelOf: (label: string, score: number) => `${sentenceCase(label)}, ${percent(score)}`,
  threads: (threads: number) => count(threads, 'thread'),
  ofWeights: (size: number) => `weights ${bytes(size)}`,
  speed: (wordsPerSecond: number) => `${whole.format(wordsPerSecond)} words/s`,
  requests: {
    loading: '…',
    whileLoading: (requests: number) => `${count(requests, 'request')} to load`,
    unseen: 'not counted',
    unseenWhy: 'no service worker here, which would count',
    sees: 'by page and engine',
    pageOnly: 'by the page; the engine’s worker cannot be seen here',
  },
  noIsolation: 'one thread: this page is not isolated',
  storedNothing: 'No model is stored.',
  storedTotal: (models: number, size: number) => `${count(models, 'model')}, ${bytes(size)}`,
  storageBroken: 'This browser does not let the page store models.',
  unfinished: 'unfinished download',
  inUse: 'in use',
  use: 'Use',
  useModel: (name: string) => `Use ${name}`,
  deleteModel: (name: string) => `Delete ${name} from storage`,
  deleted: (name: string) => `${name} was deleted from storage.`,
  deletedAll: 'All models were deleted from storage.',
  findOut: 'Translation or labels, as its files say',
  dropEmpty: 'There was no file in what was dropped.',
  theme: { dark: 'Switch to dark colours', light: 'Switch to light colours' },
};

/** What the panel of tasks says; the tasks themselves are in reading-tasks.ts. */
export const reading = {
  needsModel: 'No model for this is in the box. Give one that was trained for it.',
  waiting: 'The result appears here.',
  layer: 'Layer',
  head: 'Head',
  allHeads: 'Mean of all',
  mapOf: (layer: number, head: number | undefined) =>
    `Layer ${layer + 1}, ${head === undefined ? 'mean of all heads' : `head ${head + 1}`}: how ` +
    'much each token, a row, takes from each token, a column. A stronger colour is more; a row ' +
    'adds up to 100 %.',
  weight: (from: string, to: string, share: string) => `${from} takes ${share} from ${to}`,
  strongest: (words: string) => `Most here: ${words}`,
  verdict: (label: string) => `The model says: ${label}.`,
  best: (words: string, figure: string) => `Best: ${words}, ${figure}.`,
  cut: 'The text was cut: only its beginning was read.',
  noMask: 'Write [MASK] where a word is missing.',
  mask: (number: number) => `Mask ${number}`,
  noEntities: 'The model marks nothing in this text.',
  labelled: (words: string, label: string) => `${words}: ${label}`,
  entities: (found: string[]) => `Found ${count(found.length, 'name')}. ${found.join('; ')}.`,
  answer: 'Answer',
  noAnswer: 'The model finds no answer in this text.',
};

/** What the panel that writes says. */
export const writing = {
  chat: 'Chat',
  summary: 'Summary',
  needsModel: 'No model for this is in the box. Give one that was trained for it.',
  chatEmpty: 'Say something. The reply is written here, in this tab.',
  summaryEmpty: 'The summary appears here. Long texts are read in parts.',
  says: { user: 'You: ', assistant: 'Model: ' },
  replied: (reply: string) => `The model says: ${reply}`,
  summarised: (summary: string) => `Summary: ${summary}`,
  stopped: 'Stopped.',
};

/** A label of a model as people write: "Positive" of POSITIVE, "Card arrival" of card_arrival. */
export function sentenceCase(label: string): string {
  const words = label === label.toUpperCase() ? label.toLowerCase() : label.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export const examples = [
  {
    name: 'A review',
    text:
      'The hotel was very good, and the people were very kind. The room was too small.\n\n' +
      'The coffee was cold. We had a wonderful time!',
  },
  {
    name: 'A letter',
    text:
      'Thank you for your letter. I was very happy to hear from you!\n\n' +
      'I lost my keys this morning. I don’t know what to do. I’ll call you tomorrow.',
  },
  {
    name: 'On the road',
    text:
      'Where is the station? Can you help me, please? ' +
      'I would like a cup of coffee, please. How much does this book cost?',
  },
];
