// What each token of a text attends to, for one layer and head, as a table of shaded cells. The
// table is a grid: one cell takes the focus, arrows move it, and a line below says what it holds.
import { element, setText } from './dom.js';
import { percent, reading } from './strings.js';
import type { InspectedClassification } from 'dragoman';

type Attentions = NonNullable<InspectedClassification['attentions']>;

/** The chooser's value for the mean of all heads. */
const allHeads = 'all';

const steps: Record<string, readonly [number, number]> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  Home: [0, -Infinity],
  End: [0, Infinity],
};

/**
 * The weights [tokens, tokens] of one layer, row by row.
 *
 * @param layer [heads, tokens, tokens]
 * @param head undefined for the mean of all
 */
function weightsOf(layer: Attentions[number], head: number | undefined): Float32Array<ArrayBuffer> {
  if (head !== undefined) return layer.at(head).data;
  const [heads = 1, rows = 0, columns = 0] = layer.dims;
  const size = rows * columns;
  const mean = new Float32Array(size);
  layer.data.forEach((weight, index) => (mean[index % size]! += weight / heads));
  return mean;
}

function chooser(label: string): [HTMLElement, HTMLSelectElement] {
  const select = element('select');
  return [element('label', { class: 'select' }, element('span', {}, label), select), select];
}

/** Puts numbered choices in a chooser; the choice that was there stays if it still can. */
function offer(select: HTMLSelectElement, count: number, first: [string, string][] = []): void {
  const { value } = select;
  const numbers = Array.from({ length: count }, (_, index) => [String(index), String(index + 1)]);
  const options = [...first, ...numbers].map(([value, name = '']) =>
    element('option', { value }, name),
  );
  select.replaceChildren(...options);
  if (options.some((option) => option.value === value)) select.value = value;
}

export class AttentionMap {
  readonly node: HTMLElement;
  readonly #table = element('table', { class: 'heat', role: 'grid' });
  readonly #caption = element('p', { class: 'note', id: 'attention-caption' });
  readonly #readout = element('p', { class: 'readout' });
  readonly #layer: HTMLSelectElement;
  readonly #head: HTMLSelectElement;
  #tokens: string[] = [];
  #attentions: Attentions = [];
  #weights = new Float32Array();
  #columns: HTMLElement[] = [];
  #rows: HTMLElement[] = [];
  #cells: HTMLElement[][] = [];
  /** Row and column of the cell that can have the focus. */
  #place: readonly [number, number] = [0, 0];

  constructor() {
    const [layer, layers] = chooser(reading.layer);
    const [head, heads] = chooser(reading.head);
    this.#layer = layers;
    this.#head = heads;
    this.#table.setAttribute('aria-labelledby', this.#caption.id);
    const choosers = element('div', { class: 'row choosers' }, layer, head);
    const scroller = element('div', { class: 'scroller' }, this.#table);
    this.node = element('div', {}, choosers, scroller, this.#readout, this.#caption);
    for (const select of [layers, heads]) select.addEventListener('change', () => this.#shade());
    this.#table.addEventListener('keydown', (event) => this.#onKey(event));
    this.#table.addEventListener('focusin', ({ target }) => this.#point(target));
    this.#table.addEventListener('mouseover', ({ target }) => this.#point(target));
    this.#table.addEventListener('mouseleave', () => this.#point(document.activeElement));
  }

  /** Shows another text's attentions; layer and head stay as they were chosen. */
  show({ tokens, attentions = [] }: InspectedClassification): void {
    const before = this.#tokens.join('\n');
    this.#tokens = tokens.map(({ token_str: token }) => token);
    this.#attentions = attentions;
    offer(this.#layer, attentions.length);
    offer(this.#head, attentions[0]?.dims[0] ?? 0, [[allHeads, reading.allHeads]]);
    if (this.#tokens.join('\n') !== before) this.#build();
    this.#shade();
  }

  #build(): void {
    const header = (token: string, scope: string) => element('th', { scope }, token);
    this.#columns = this.#tokens.map((token) => header(token, 'col'));
    this.#rows = this.#tokens.map((token) => header(token, 'row'));
    this.#cells = this.#rows.map((_, row) =>
      this.#columns.map((_, column) =>
        element('td', { tabindex: -1, 'data-row': row, 'data-column': column }),
      ),
    );
    const corner = element('td', { class: 'corner' });
    const head = element('thead', {}, element('tr', {}, corner, ...this.#columns));
    const lines = this.#rows.map((title, row) =>
      element('tr', {}, title, ...(this.#cells[row] ?? [])),
    );
    this.#table.replaceChildren(head, element('tbody', {}, ...lines));
    this.#place = [0, 0];
    this.#cells[0]?.[0]?.setAttribute('tabindex', '0');
  }

  #weight(row: number, column: number): number {
    return this.#weights[row * this.#columns.length + column] ?? 0;
  }

  #shade(): void {
    const layer = this.#attentions[Number(this.#layer.value)];
    if (layer === undefined) return;
    const head = this.#head.value === allHeads ? undefined : Number(this.#head.value);
    this.#weights = weightsOf(layer, head);
    const most = Math.max(...this.#weights, Number.MIN_VALUE);
    this.#cells.forEach((cells, row) =>
      cells.forEach((cell, column) => {
        const weight = this.#weight(row, column);
        cell.setAttribute('aria-label', percent(weight));
        // The root shows small weights beside the few that are always large.
        cell.style.setProperty('--share', Math.sqrt(weight / most).toFixed(3));
      }),
    );
    setText(this.#caption, reading.mapOf(Number(this.#layer.value), head));
    this.#point(document.activeElement);
  }

  /** Says what a cell holds, or where nothing is pointed at, the map's greatest weight. */
  #point(target: EventTarget | null): void {
    const cell = target instanceof HTMLElement ? target.closest<HTMLElement>('td[data-row]') : null;
    const inside = cell !== null && this.#table.contains(cell);
    const strongest = this.#weights.indexOf(Math.max(...this.#weights));
    const width = Math.max(1, this.#columns.length);
    const row = inside ? Number(cell.dataset['row']) : Math.floor(strongest / width);
    const column = inside ? Number(cell.dataset['column']) : strongest % width;
    this.#rows.forEach((each, index) => each.classList.toggle('active', inside && index === row));
    this.#columns.forEach((each, index) =>
      each.classList.toggle('active', inside && index === column),
    );
    const [from = '', to = ''] = [this.#tokens[row], this.#tokens[column]];
    const words = reading.weight(from, to, percent(this.#weight(row, column)));
    setText(this.#readout, inside ? words : reading.strongest(words));
  }

  #onKey(event: KeyboardEvent): void {
    const step = steps[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const last = this.#cells.length - 1;
    const [row, column] = this.#place.map((at, axis) =>
      Math.max(0, Math.min(last, at + (step[axis] ?? 0))),
    ) as [number, number];
    this.#focus(row, column);
  }

  #focus(row: number, column: number): void {
    const [before, at] = this.#place;
    const cell = this.#cells[row]?.[column];
    this.#cells[before]?.[at]?.setAttribute('tabindex', '-1');
    this.#place = [row, column];
    cell?.setAttribute('tabindex', '0');
    cell?.focus();
  }
}
