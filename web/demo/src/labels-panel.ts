// What each sentence sounds like: the label of every sentence and how sure the model is.
import { byId, element, setText } from './dom.js';
import { language, percent, text } from './strings.js';
import type { Classification } from 'dragoman';
import type { DocumentView } from './document.js';
import type { Labels } from './live-labels.js';
import type { Observable } from './observable.js';

/** Which of the page's colours a label has; labels that are neither good nor bad have a third. */
export function hueOf(label: string): 'good' | 'bad' | 'plain' {
  if (/^(positive|pos|label_positive|joy|love)$/i.test(label)) return 'good';
  if (/^(negative|neg|label_negative|anger|sadness|toxic)$/i.test(label)) return 'bad';
  return 'plain';
}

interface Parts {
  document: Observable<DocumentView>;
  labels: Observable<Labels>;
  active: Observable<number | undefined>;
  pointed: Observable<number | undefined>;
}

interface Row {
  item: HTMLLIElement;
  sentence: HTMLElement;
  label: HTMLElement;
}

export class LabelsPanel {
  readonly #list = byId('labels', HTMLUListElement);
  readonly #note = byId('labels-note', HTMLElement);
  readonly #summary = byId('labels-summary', HTMLElement);
  readonly #parts: Parts;
  /** Language of a text that the classifier does not read. */
  #foreign: string | undefined;
  #rows: Row[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
    parts.document.watch(() => this.#draw());
    parts.labels.watch(() => this.#draw());
    parts.active.watch(() => this.#highlight());
  }

  /** @param code language of the texts; undefined where the classifier reads it */
  setForeign(code: string | undefined): void {
    this.#foreign = code;
    this.#draw();
  }

  #newRow(): Row {
    const sentence = element('span', { class: 'words', dir: 'auto' });
    const label = element('span', { class: 'label' });
    const item = element('li', {}, sentence, label);
    const index = () => this.#rows.findIndex((row) => row.item === item);
    item.addEventListener('mouseenter', () => this.#parts.pointed.set(index()));
    item.addEventListener('mouseleave', () => this.#parts.pointed.set(undefined));
    this.#list.append(item);
    return { item, sentence, label };
  }

  #draw(): void {
    const { document: view, labels } = this.#parts;
    const { sentences } = view.value;
    const shown = this.#foreign === undefined ? sentences : [];
    while (this.#rows.length > shown.length) this.#rows.pop()?.item.remove();
    while (this.#rows.length < shown.length) this.#rows.push(this.#newRow());
    shown.forEach(({ source }, index) => {
      drawRow(this.#rows[index] as Row, source, labels.value.get(source));
    });
    const foreign = this.#foreign && text.labelsForeign(language(this.#foreign));
    this.#note.hidden = shown.length > 0;
    setText(this.#note, foreign ?? text.labelsEmpty);
    const found = shown.map(({ source }) => labels.value.get(source));
    setText(this.#summary, summaryOf(found.filter((label) => label !== undefined)));
    this.#highlight();
  }

  #highlight(): void {
    const { value: active } = this.#parts.active;
    this.#rows.forEach(({ item }, index) => item.classList.toggle('active', index === active));
  }
}

function drawRow(row: Row, source: string, label: Classification | undefined): void {
  setText(row.sentence, source);
  setText(row.label, label ? text.labelOf(label.label, label.score) : '');
  row.item.dataset['hue'] = label ? hueOf(label.label) : 'none';
  row.item.style.setProperty('--share', String(label?.score ?? 0));
}

/** "67 % Positive": the label that most sentences have. */
function summaryOf(labels: Classification[]): string {
  if (labels.length < 2) return '';
  const counts = new Map<string, number>();
  for (const { label } of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const [label, most] = [...counts].sort(([, a], [, b]) => b - a)[0] ?? ['', 0];
  return `${percent(most / labels.length)} ${label.toLowerCase()}`;
}
