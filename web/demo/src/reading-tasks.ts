// The tasks of the panel that reads: what each asks for, which model does it, and how its answer
// is drawn.
import { pipeline } from 'dragoman';
import { AttentionMap } from './attention-map.js';
import { element } from './dom.js';
import { markedText } from './marked-text.js';
import { ModelSlot } from './model-slot.js';
import { scoreList } from './score-list.js';
import { decimal, percent, reading, sentenceCase, text as strings } from './strings.js';
import type { FilledMask, PipelineBase, PipelineFor, Task } from 'dragoman';
import type { Scored } from './score-list.js';
import type { Classifier } from './models.js';

/** What stands in the fields. */
export interface Inputs {
  text: string;
  /** Labels, sentences or whatever else the task needs; empty where it needs nothing. */
  second: string;
}

export interface Answer {
  nodes: Node[];
  /** In a sentence, for screen readers. */
  summary: string;
}

type Read = (inputs: Inputs, signal: AbortSignal) => Promise<Answer>;

export interface ReadingTask {
  id: string;
  name: string;
  note: string;
  /** What the fields are called. */
  field: string;
  secondField?: string;
  example: Inputs;
  /** Models in the box that can do it, the one that does it at first first. */
  boxed: readonly string[];
  /** Holds the model that was asked for. */
  slot: ModelSlot<PipelineBase>;
  /** Holds the model that does it until another is asked for: the page has it anyway. */
  shared?: Classifier;
  /** Undefined while there is no model for it. */
  reader: () => Read | undefined;
}

type Description<Name extends Task> = Omit<ReadingTask, 'slot' | 'reader' | 'boxed' | 'shared'> & {
  task: Name;
  boxed?: readonly string[];
  read: (model: PipelineFor<Name>, inputs: Inputs, signal: AbortSignal) => Promise<Answer>;
};

function define<Name extends Task>(description: Description<Name>): ReadingTask {
  const { task, read, boxed = [], ...rest } = description;
  const slot = new ModelSlot<PipelineFor<Name> & PipelineBase>((source, signal, report) =>
    pipeline(task, source, { signal, progress_callback: report }),
  );
  const reader = () => {
    const { value: model } = slot.model;
    return model && ((inputs: Inputs, signal: AbortSignal) => read(model, inputs, signal));
  };
  return { ...rest, boxed, slot: slot as unknown as ModelSlot<PipelineBase>, reader };
}

/** A task of classifiers: the page's own does it until another one is asked for. */
function defineShared(
  shared: Classifier,
  description: Description<'text-classification'>,
): ReadingTask {
  const { read } = description;
  const task = define(description);
  const reader = () => {
    const { value: model } = shared.model;
    return model && ((inputs: Inputs, signal: AbortSignal) => read(model, inputs, signal));
  };
  return { ...task, shared, reader: () => task.reader() ?? reader() };
}

/** Models of labels in the box, with a text of the kind each was trained on. */
export const boxedExamples: Readonly<Record<string, string>> = {
  'dragoman-sentiment': 'The food was good, but we waited an hour for it.',
  'dragoman-topics': 'The champions won the final in Madrid after extra time.',
  'dragoman-intents': 'My new card has still not arrived.',
};

const classifiers = Object.keys(boxedExamples);

/** Most tokens of a map: the cells are their number squared. */
const longestMap = 40;

const bar = (words: string, share: number): Scored => ({ words, share, figure: percent(share) });

/** An answer of bars, best first. */
function ranked(items: readonly Scored[], truncated = false): Answer {
  const nodes: Node[] = [scoreList(items)];
  if (truncated) nodes.push(element('p', { class: 'note' }, reading.cut));
  const [best] = items;
  return { nodes, summary: best ? reading.best(best.words, best.figure) : '' };
}

const plainAnswer = (note: string): Answer => ({
  nodes: [element('p', { class: 'note' }, note)],
  summary: note,
});

const lines = (value: string) => value.split('\n').filter((line) => line.trim() !== '');

function attention(classifier: Classifier): ReadingTask {
  const map = new AttentionMap();
  return defineShared(classifier, {
    id: 'attention',
    name: 'Attention',
    task: 'text-classification',
    note: 'Which tokens a classifier relates to which, in each of its layers and heads.',
    field: 'Text',
    example: { text: 'The room was small, but we had a wonderful time.', second: '' },
    boxed: classifiers,
    read: async (model, { text }, signal) => {
      const found = await model(text, {
        output_attentions: true,
        truncation: true,
        max_length: longestMap,
        signal,
      });
      map.show(found);
      const [best] = found.labels;
      const verdict = best ? reading.verdict(strings.labelOf(best.label, best.score)) : '';
      const note = best?.truncated ? `${verdict} ${reading.cut}` : verdict;
      return { nodes: [element('p', { class: 'verdict' }, note), map.node], summary: note };
    },
  });
}

function labels(classifier: Classifier): ReadingTask {
  return defineShared(classifier, {
    id: 'labels',
    name: 'Labels',
    task: 'text-classification',
    note: 'Every label the classifier knows, and how sure it is of each.',
    field: 'Text',
    example: { text: boxedExamples['dragoman-sentiment'] ?? '', second: '' },
    boxed: classifiers,
    read: async (model, { text }, signal) => {
      const found = await model(text, { top_k: 10, truncation: true, signal });
      const items = found.map(({ label, score }) => bar(sentenceCase(label), score));
      return ranked(items, found[0]?.truncated);
    },
  });
}

const zeroShot = () =>
  define({
    id: 'zero-shot',
    name: 'Your own labels',
    task: 'zero-shot-classification',
    note: 'Labels nobody trained it for. Needs a model of natural language inference.',
    field: 'Text',
    secondField: 'Labels, with commas between them',
    example: {
      text: 'The train was two hours late, and nobody told us why.',
      second: 'travel, cooking, politics, sports',
    },
    read: async (model, { text, second }, signal) => {
      const { labels, scores, truncated } = await model(text, second, { signal });
      const items = labels.map((label, index) => bar(label, scores[index] ?? 0));
      return ranked(items, truncated);
    },
  });

function maskAnswer(masks: FilledMask[][]): Answer {
  const answers = masks.map((words) => ranked(words.map((it) => bar(it.token_str, it.score))));
  const titled = answers.flatMap(({ nodes }, index) => [
    ...(masks.length > 1 ? [element('h3', {}, reading.mask(index + 1))] : []),
    ...nodes,
  ]);
  return { nodes: titled, summary: answers.map(({ summary }) => summary).join(' ') };
}

const fillMask = () =>
  define({
    id: 'fill-mask',
    name: 'Missing words',
    task: 'fill-mask',
    note: 'Words for the places marked [MASK]. Needs a masked language model.',
    field: 'Text with [MASK]',
    example: { text: 'She poured a cup of [MASK] and sat by the window.', second: '' },
    read: async (model, { text }, signal) => {
      const mask = model.info.mask_token ?? '[MASK]';
      const masked = text.replaceAll('[MASK]', () => mask);
      if (!masked.includes(mask)) {
        return plainAnswer(reading.noMask);
      }
      const found = await model(masked, { truncation: true, signal });
      const single = found.every((each) => !Array.isArray(each));
      return maskAnswer((single ? [found] : found) as FilledMask[][]);
    },
  });

const similarity = () =>
  define({
    id: 'similarity',
    name: 'Similar sentences',
    task: 'sentence-similarity',
    note: 'Which sentences mean most nearly the same as a query. Needs a sentence model.',
    field: 'Query',
    secondField: 'Sentences, one on each line',
    example: {
      text: 'How do I get my money back?',
      second:
        'Refunds are paid within five days.\n' +
        'Our office is closed on Sundays.\n' +
        'You can return any item in its box.\n' +
        'The new catalogue is out now.',
    },
    read: async (model, { text, second }, signal) => {
      const sentences = lines(second);
      const scores = await model(text, sentences, { truncation: true, signal });
      // Cosines are 1 at most; what else a model may ask for has no such bound.
      const full = Math.max(1, ...scores.map(Math.abs));
      const found = sentences.map((words, index) => ({ words, score: scores[index] ?? 0 }));
      found.sort((a, b) => b.score - a.score);
      return ranked(
        found.map(({ words, score }) => ({ words, share: score / full, figure: decimal(score) })),
      );
    },
  });

/** Spans of one kind in the text, and below it all of them with how sure the model is. */
const entities = () =>
  define({
    id: 'entities',
    name: 'Names and places',
    task: 'token-classification',
    note: 'People, places and other names in a text.',
    boxed: ['dragoman-entities'],
    field: 'Text',
    example: {
      text: 'Ada Lovelace met Charles Babbage in London, long before Microsoft was founded.',
      second: '',
    },
    read: async (model, { text }, signal) => {
      const found = await model(text, { aggregation_strategy: 'first', signal });
      if (found.length === 0) return plainAnswer(reading.noEntities);
      const items = found.map(({ entity_group: label, score, start, end }) => ({
        ...bar(text.slice(start, end), score),
        mark: { start, end, label: sentenceCase(label), detail: percent(score) },
      }));
      const marked = markedText(
        text,
        items.map(({ mark }) => mark),
      );
      const summary = reading.entities(
        items.map(({ words, mark }) => reading.labelled(words, mark.label)),
      );
      return { nodes: [marked, scoreList(items)], summary };
    },
  });

const answers = () =>
  define({
    id: 'answers',
    name: 'Questions',
    task: 'question-answering',
    note: 'The words of a text that answer a question. Needs a model of question answering.',
    field: 'Question',
    secondField: 'Text with the answer',
    example: {
      text: 'When does the ferry leave?',
      second:
        'The island has no bridge. A ferry leaves the old harbour at half past seven every ' +
        'morning, and comes back in the afternoon.',
    },
    read: async (model, { text, second }, signal) => {
      const found = await model(text, second, { top_k: 3, signal });
      const all = Array.isArray(found) ? found : [found];
      const [best] = all;
      if (best === undefined || best.answer === '') return plainAnswer(reading.noAnswer);
      const { start, end, score } = best;
      const mark = { start, end, label: reading.answer, detail: percent(score), best: true };
      const items = all.map(({ answer, score }) => bar(answer, score));
      const { nodes, summary } = ranked(items, best.truncated);
      return { nodes: [markedText(second, [mark]), ...nodes], summary };
    },
  });

/** @param classifier the page's own, which does what classifiers do until another is asked for */
export function readingTasks(classifier: Classifier): ReadingTask[] {
  return [
    attention(classifier),
    labels(classifier),
    entities(),
    answers(),
    zeroShot(),
    fillMask(),
    similarity(),
  ];
}
