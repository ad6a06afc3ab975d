// Bringing a model of one's own: by id or address, as a chosen folder, or dropped on the page.
import { byId, element, setText } from './dom.js';
import { droppedModel, hasFiles } from './dropped-files.js';
import { text } from './strings.js';
import type { DroppedModel } from 'dragoman';
import type { Wanted } from './model-slot.js';

// Chromium only; elsewhere an input that takes folders does the same.
interface PickerWindow {
  showDirectoryPicker?(): Promise<FileSystemDirectoryHandle>;
}

interface TaskName {
  id: string;
  name: string;
}

function nameOf(model: DroppedModel): string {
  if ('kind' in model) return model.name;
  const path = model[0]?.webkitRelativePath ?? '';
  return path.split('/')[0] || model[0]?.name || text.source;
}

export class ModelPanel {
  readonly #note = byId('bring-note', HTMLElement);
  readonly #input = byId('folder', HTMLInputElement);
  readonly #task = byId('model-task', HTMLSelectElement);
  readonly #name = byId('model-name', HTMLInputElement);
  readonly #onWish: (wanted: Wanted) => void;

  /** @param tasks what a model can be brought for, besides what is found out of its files */
  constructor(tasks: readonly TaskName[], onWish: (wanted: Wanted) => void) {
    this.#onWish = onWish;
    const found = element('option', { value: '' }, text.findOut);
    const named = tasks.map(({ id, name }) => element('option', { value: id }, name));
    this.#task.append(found, ...named);
    this.#connectName();
    this.#connectFolder();
    this.#connectDrop();
  }

  /** What the next model is for: a task's id, empty where its files are to say. */
  get task(): string {
    return this.#task.value;
  }

  /** Asks for a model for a task. */
  ask(task: string): void {
    this.#task.value = task;
    this.#task.scrollIntoView({ block: 'center' });
    this.#name.focus({ preventScroll: true });
  }

  #wish(model: DroppedModel | undefined): void {
    setText(this.#note, model ? '' : text.dropEmpty);
    if (model) this.#onWish({ name: nameOf(model), source: model });
  }

  #connectName(): void {
    const field = this.#name;
    byId('model-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      const name = field.value.trim();
      if (name === '') {
        field.focus();
        return;
      }
      setText(this.#note, '');
      this.#onWish({ name, source: name });
    });
  }

  #connectFolder(): void {
    const { showDirectoryPicker } = globalThis as PickerWindow;
    byId('choose-folder', HTMLButtonElement).addEventListener('click', async () => {
      if (showDirectoryPicker === undefined) {
        this.#input.click();
        return;
      }
      try {
        this.#wish(await showDirectoryPicker.call(globalThis));
      } catch {
        // The dialogue was closed.
      }
    });
    this.#input.addEventListener('change', () => {
      const files = [...(this.#input.files ?? [])];
      // The same folder chosen again would be no change.
      this.#input.value = '';
      this.#wish(files.length > 0 ? files : undefined);
    });
  }

  #connectDrop(): void {
    const veil = byId('veil', HTMLElement);
    const show = (on: boolean) => (veil.hidden = !on);
    addEventListener('dragover', (event) => {
      if (!hasFiles(event.dataTransfer)) return;
      event.preventDefault();
      show(true);
    });
    addEventListener('dragleave', ({ relatedTarget }) => {
      if (relatedTarget === null) show(false);
    });
    addEventListener('drop', (event) => {
      const { dataTransfer: transfer } = event;
      if (transfer === null || !hasFiles(transfer)) return;
      event.preventDefault();
      show(false);
      void droppedModel(transfer).then(
        (model) => this.#wish(model),
        () => this.#wish(undefined),
      );
    });
  }
}
