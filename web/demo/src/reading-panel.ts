// The panel that reads: a task is chosen, fields are filled in, and what a model says of them
// appears as it is typed.
import { byId, element, setText } from './dom.js';
import { failureOf, isAbort } from './failure.js';
import { failureNode, LoadView } from './load-view.js';
import { Observable } from './observable.js';
import { reading } from './strings.js';
import { boxedExamples } from './reading-tasks.js';
import type { SlotState, Wanted } from './model-slot.js';
import type { Inputs, ReadingTask } from './reading-tasks.js';

const pause = 300;

interface Parts {
  tasks: readonly ReadingTask[];
  announce: (message: string) => void;
  /** Someone wants to bring a model for a task. */
  onAsk: (task: ReadingTask) => void;
}

export class ReadingPanel {
  readonly #card = byId('reading', HTMLElement);
  readonly #text = byId('reading-text', HTMLTextAreaElement);
  readonly #second = byId('reading-second', HTMLTextAreaElement);
  readonly #models = byId('reading-model', HTMLSelectElement);
  readonly #result = byId('reading-result', HTMLElement);
  readonly #placeholder = byId('reading-placeholder', HTMLElement);
  readonly #failure = byId('reading-run-failure', HTMLElement);
  readonly #parts: Parts;
  /** How far the loading for the task that is shown is. */
  readonly #state = new Observable<SlotState>({ kind: 'empty' });
  readonly #inputs: Map<ReadingTask, Inputs>;
  #task: ReadingTask;
  #controller: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#task = parts.tasks[0] as ReadingTask;
    this.#inputs = new Map(parts.tasks.map((task) => [task, task.example]));
    this.#connectChooser();
    this.#connectFields();
    new LoadView('reading', this.#state, {
      cancel: () => this.#task.slot.cancel(),
      retry: (wanted) => void this.#task.slot.load(wanted),
    });
    for (const task of parts.tasks) this.#watch(task);
    this.#show(this.#task);
  }

  /** Loads a model for a task, and shows it. */
  async bring(task: ReadingTask, wanted: Wanted): Promise<void> {
    this.#show(task);
    this.#card.scrollIntoView({ block: 'nearest' });
    await task.slot.load(wanted);
  }

  #connectChooser(): void {
    const choices = this.#parts.tasks.map((task, index) => {
      const radio = element('input', {
        type: 'radio',
        name: 'reading-task',
        value: task.id,
        checked: index === 0,
      });
      radio.addEventListener('change', () => this.#show(task));
      return element('label', { class: 'chip' }, radio, task.name);
    });
    byId('reading-tasks', HTMLElement).append(...choices);
    this.#models.addEventListener('change', () => void this.#choose(this.#models.value));
    const ask = byId('reading-ask', HTMLButtonElement);
    ask.addEventListener('click', () => this.#parts.onAsk(this.#task));
  }

  #connectFields(): void {
    for (const field of [this.#text, this.#second]) {
      field.addEventListener('input', () => {
        const [text, second] = [this.#text.value, this.#second.value];
        this.#inputs.set(this.#task, { text, second });
        this.#schedule();
      });
    }
  }

  #watch(task: ReadingTask): void {
    const onModel = () => {
      if (this.#task !== task) return;
      this.#drawModels();
      this.#schedule();
    };
    task.slot.model.watch(onModel);
    task.shared?.model.watch(onModel);
    task.slot.state.watch((state) => {
      if (this.#task === task) this.#state.set(state);
    });
  }

  #show(task: ReadingTask): void {
    this.#task = task;
    this.#card.dataset['task'] = task.id;
    const radio = this.#card.querySelector<HTMLInputElement>(`input[value="${task.id}"]`);
    if (radio) radio.checked = true;
    this.#fill(this.#inputs.get(task) ?? task.example);
    setText(byId('reading-text-label', HTMLElement), task.field);
    setText(byId('reading-second-label', HTMLElement), task.secondField ?? '');
    byId('reading-second-row', HTMLElement).hidden = task.secondField === undefined;
    setText(byId('reading-note', HTMLElement), task.note);
    this.#state.set(task.slot.state.value);
    this.#drawModels();
    this.#clear();
    this.#schedule();
    this.#bringBoxed();
  }

  /** The first time, the model in the box of a task that the page has no model for. */
  #bringBoxed(): void {
    const { boxed, shared, slot } = this.#task;
    const [name] = boxed;
    if (name === undefined || shared !== undefined || slot.state.value.kind !== 'empty') return;
    void slot.load({ name, source: name });
  }

  #fill(inputs: Inputs): void {
    this.#inputs.set(this.#task, inputs);
    this.#text.value = inputs.text;
    this.#second.value = inputs.second;
  }

  #drawModels(): void {
    const { slot, shared, boxed } = this.#task;
    const used = (slot.model.value ?? shared?.model.value)?.info.name;
    const names = [...new Set([...boxed, ...(used === undefined ? [] : [used])])];
    const options = names.map((name) => element('option', { selected: name === used }, name));
    this.#models.replaceChildren(...options);
    byId('reading-model-row', HTMLElement).hidden = names.length === 0;
  }

  /** Takes one of the models in the list. */
  async #choose(name: string): Promise<void> {
    const { slot, shared, example } = this.#task;
    const ofModel = boxedExamples[name];
    const { text } = this.#inputs.get(this.#task) ?? example;
    const untouched = text === example.text || Object.values(boxedExamples).includes(text);
    if (ofModel !== undefined && untouched) this.#fill({ text: ofModel, second: '' });
    // The page has this one: a second copy would only take memory.
    if (shared?.model.value?.info.name === name) await slot.clear();
    else await slot.load({ name, source: name });
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#controller?.abort();
    this.#timer = setTimeout(() => void this.#run(), pause);
  }

  #clear(): void {
    this.#result.replaceChildren();
    this.#failure.hidden = true;
    const missing = this.#task.boxed.length === 0 && this.#task.slot.model.value === undefined;
    setText(this.#placeholder, missing ? reading.needsModel : reading.waiting);
    this.#placeholder.hidden = false;
  }

  async #run(): Promise<void> {
    const task = this.#task;
    const read = task.reader();
    const { text, second } = this.#inputs.get(task) ?? task.example;
    const lacks = task.secondField !== undefined && second.trim() === '';
    if (read === undefined || text.trim() === '' || lacks) {
      this.#clear();
      return;
    }
    const controller = new AbortController();
    this.#controller = controller;
    try {
      const { nodes, summary } = await read({ text, second }, controller.signal);
      if (controller.signal.aborted) return;
      this.#result.replaceChildren(...nodes);
      this.#placeholder.hidden = true;
      this.#failure.hidden = true;
      if (this.#card.contains(document.activeElement)) this.#parts.announce(summary);
    } catch (error) {
      if (isAbort(error) || controller.signal.aborted) return;
      this.#clear();
      this.#placeholder.hidden = true;
      this.#failure.hidden = false;
      this.#failure.replaceChildren(failureNode(failureOf(error)));
    }
  }
}
