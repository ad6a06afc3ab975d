// What the package has stored in this browser: each model with its size, and ways to use it again
// or to be rid of it.
import { models } from 'dragoman';
import { byId, element, icon, setText } from './dom.js';
import { failureOf } from './failure.js';
import { ago, bytes, text } from './strings.js';
import type { StoredModel } from 'dragoman';
import type { Wanted } from './model-slot.js';
import type { Observable } from './observable.js';

interface Parts {
  /** Names of the models that are in use now. */
  inUse: Observable<readonly string[]>;
  onUse: (wanted: Wanted) => void;
  announce: (message: string) => void;
  /** Told what is stored whenever that was looked up. */
  onStored: (stored: readonly StoredModel[]) => void;
}

/** Whether a stored model can be asked for by its name: those that were dropped cannot. */
function isNamed({ source, name }: StoredModel): boolean {
  return /^https?:/.test(source) && name !== '';
}

export class StoragePanel {
  readonly #list = byId('stored', HTMLUListElement);
  readonly #total = byId('stored-total', HTMLElement);
  readonly #clear = byId('stored-clear', HTMLButtonElement);
  readonly #parts: Parts;
  #latest = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#clear.addEventListener('click', () => void this.#deleteAll());
    parts.inUse.watch(() => void this.refresh());
  }

  async refresh(): Promise<void> {
    const turn = ++this.#latest;
    try {
      const stored = await models.list();
      // A later look at the store may have been faster.
      if (turn !== this.#latest) return;
      this.#draw(stored);
      this.#parts.onStored(stored);
    } catch (error) {
      setText(this.#total, `${text.storageBroken} ${failureOf(error).detail}`);
      this.#list.replaceChildren();
    }
  }

  #draw(stored: StoredModel[]): void {
    const size = stored.reduce((sum, each) => sum + each.bytes, 0);
    const empty = stored.length === 0;
    setText(this.#total, empty ? text.storedNothing : text.storedTotal(stored.length, size));
    this.#clear.hidden = empty;
    this.#list.replaceChildren(...stored.map((each) => this.#row(each)));
  }

  #row(stored: StoredModel): HTMLElement {
    const { name, dtype, complete, last_used: lastUsed } = stored;
    const used = this.#parts.inUse.value.includes(name);
    const facts = [bytes(stored.bytes), dtype, complete ? ago(lastUsed) : text.unfinished];
    const words = element(
      'div',
      { class: 'words' },
      element('span', { class: 'name', title: stored.source }, name),
      element('span', { class: 'facts' }, facts.join(' · ')),
    );
    const row = element('li', {}, words);
    if (used) row.append(element('span', { class: 'badge' }, text.inUse));
    else if (isNamed(stored)) row.append(this.#useButton(stored));
    row.append(this.#deleteButton(stored));
    return row;
  }

  #useButton({ name }: StoredModel): HTMLElement {
    const button = element('button', { type: 'button', 'aria-label': text.useModel(name) });
    button.textContent = text.use;
    button.addEventListener('click', () => this.#parts.onUse({ name, source: name }));
    return button;
  }

  #deleteButton({ key, name }: StoredModel): HTMLElement {
    const label = text.deleteModel(name);
    const attributes = { type: 'button', class: 'quiet', 'aria-label': label, title: label };
    const button = element('button', attributes, icon('trash'));
    button.addEventListener('click', async () => {
      button.disabled = true;
      await models.delete(key);
      this.#parts.announce(text.deleted(name));
      await this.refresh();
      this.#keepFocus();
    });
    return button;
  }

  async #deleteAll(): Promise<void> {
    await models.clear();
    this.#parts.announce(text.deletedAll);
    await this.refresh();
    this.#keepFocus();
  }

  // The button that had the focus is gone; whoever uses keys should not start at the page's top.
  #keepFocus(): void {
    const next = this.#list.querySelector<HTMLElement>('button.quiet');
    (next ?? byId('stored-title', HTMLElement)).focus();
  }
}
