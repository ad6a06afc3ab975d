// The chat: bubbles, a field, and a reply that grows in its bubble.
import { byId, element, setText } from './dom.js';
import { failureOf, isAbort } from './failure.js';
import { failureNode } from './load-view.js';
import { writing } from './strings.js';
import type { ChatMessage, TextGenerationPipeline } from 'dragoman';
import type { ModelSlot } from './model-slot.js';

export class ChatView {
  readonly #log = byId('chat-log', HTMLOListElement);
  readonly #field = byId('chat-text', HTMLTextAreaElement);
  readonly #send = byId('chat-send', HTMLButtonElement);
  readonly #stop = byId('chat-stop', HTMLButtonElement);
  readonly #clear = byId('chat-clear', HTMLButtonElement);
  readonly #failure = byId('chat-failure', HTMLElement);
  readonly #slot: ModelSlot<TextGenerationPipeline>;
  readonly #announce: (message: string) => void;
  #messages: ChatMessage[] = [];
  #controller: AbortController | undefined;

  constructor(slot: ModelSlot<TextGenerationPipeline>, announce: (message: string) => void) {
    this.#slot = slot;
    this.#announce = announce;
    byId('chat-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#say();
    });
    // Enter sends, as everywhere; a line break is Shift and Enter. What a keyboard for Chinese or
    // Japanese composes is not ended by it.
    this.#field.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      void this.#say();
    });
    this.#field.addEventListener('input', () => this.#draw());
    this.#stop.addEventListener('click', () => this.#controller?.abort());
    this.#clear.addEventListener('click', () => this.#begin());
    slot.model.watch(() => this.#begin());
  }

  /** Forgets what was said: another model knows nothing of it. */
  #begin(): void {
    this.#controller?.abort();
    this.#controller = undefined;
    this.#messages = [];
    this.#log.replaceChildren();
    this.#fail(undefined);
    this.#draw();
  }

  #draw(): void {
    const busy = this.#controller !== undefined;
    const ready = this.#slot.model.value !== undefined;
    this.#field.disabled = !ready;
    this.#send.hidden = busy;
    this.#send.disabled = !ready || this.#field.value.trim() === '';
    this.#stop.hidden = !busy;
    this.#clear.hidden = this.#messages.length === 0;
    byId('chat-empty', HTMLElement).hidden = this.#messages.length > 0;
    setText(byId('chat-empty', HTMLElement), ready ? writing.chatEmpty : writing.needsModel);
  }

  #fail(error: unknown): void {
    this.#failure.hidden = error === undefined;
    this.#failure.replaceChildren(...(error === undefined ? [] : [failureNode(failureOf(error))]));
  }

  #bubble(role: 'user' | 'assistant', text: string): HTMLElement {
    const words = element('p', { dir: 'auto' }, text);
    const who = element('span', { class: 'unseen' }, writing.says[role]);
    this.#log.append(element('li', { class: `bubble ${role}` }, who, words));
    this.#scroll();
    return words;
  }

  #scroll(): void {
    this.#log.scrollTop = this.#log.scrollHeight;
  }

  async #say(): Promise<void> {
    const content = this.#field.value.trim();
    const model = this.#slot.model.value;
    if (content === '' || model === undefined || this.#controller !== undefined) return;
    const controller = new AbortController();
    this.#controller = controller;
    this.#field.value = '';
    this.#fail(undefined);
    this.#messages.push({ role: 'user', content });
    this.#bubble('user', content);
    const words = this.#bubble('assistant', '');
    words.parentElement?.classList.add('growing');
    this.#draw();
    let reply = '';
    try {
      for await (const { delta } of model.stream(this.#messages, { signal: controller.signal })) {
        reply += delta;
        words.textContent = reply;
        this.#scroll();
      }
      this.#announce(writing.replied(reply));
    } catch (error) {
      if (this.#controller !== controller) return;
      if (isAbort(error)) this.#announce(writing.stopped);
      else this.#fail(error);
    }
    if (this.#controller !== controller) return;
    this.#end(words, reply);
  }

  // What was said before it was stopped counts; a turn of which nothing came is taken back.
  #end(words: HTMLElement, reply: string): void {
    this.#controller = undefined;
    words.parentElement?.classList.remove('growing');
    if (reply === '') {
      words.parentElement?.remove();
      this.#log.lastElementChild?.remove();
      const taken = this.#messages.pop();
      if (this.#field.value === '') this.#field.value = String(taken?.content ?? '');
    } else {
      this.#messages.push({ role: 'assistant', content: reply });
    }
    this.#draw();
    this.#field.focus({ preventScroll: true });
  }
}
