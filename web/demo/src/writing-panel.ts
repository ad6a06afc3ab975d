// The panel that writes: a chat, or summaries, each with a model that people name.
import { pipeline } from 'dragoman';
import { ChatView } from './chat-view.js';
import { byId } from './dom.js';
import { LoadView } from './load-view.js';
import { ModelSlot } from './model-slot.js';
import { Observable } from './observable.js';
import { writing } from './strings.js';
import { SummaryView } from './summary-view.js';
import type { PipelineBase, SummarizationPipeline, TextGenerationPipeline } from 'dragoman';
import type { SlotState, Wanted } from './model-slot.js';

export interface WritingTask {
  id: 'chat' | 'summary';
  name: string;
  slot: ModelSlot<PipelineBase>;
}

interface Parts {
  announce: (message: string) => void;
  /** Someone wants to bring a model for a task. */
  onAsk: (task: WritingTask) => void;
}

export class WritingPanel {
  readonly tasks: readonly WritingTask[];
  readonly #card = byId('writing', HTMLElement);
  readonly #state = new Observable<SlotState>({ kind: 'empty' });
  #task: WritingTask;

  constructor({ announce, onAsk }: Parts) {
    const chat = new ModelSlot<TextGenerationPipeline>((source, signal, report) =>
      pipeline('text-generation', source, { signal, progress_callback: report }),
    );
    const summary = new ModelSlot<SummarizationPipeline>((source, signal, report) =>
      pipeline('summarization', source, { signal, progress_callback: report }),
    );
    new ChatView(chat, announce);
    new SummaryView(summary, announce);
    const slotOf = (slot: unknown) => slot as ModelSlot<PipelineBase>;
    this.tasks = [
      { id: 'chat', name: writing.chat, slot: slotOf(chat) },
      { id: 'summary', name: writing.summary, slot: slotOf(summary) },
    ];
    this.#task = this.tasks[0] as WritingTask;
    new LoadView('writing', this.#state, {
      cancel: () => this.#task.slot.cancel(),
      retry: (wanted) => void this.#task.slot.load(wanted),
    });
    for (const task of this.tasks) {
      byId(`writing-${task.id}`, HTMLInputElement).addEventListener('change', () =>
        this.#show(task),
      );
      task.slot.state.watch((state) => {
        if (this.#task === task) this.#state.set(state);
      });
    }
    byId('writing-ask', HTMLButtonElement).addEventListener('click', () => onAsk(this.#task));
    this.#show(this.#task);
  }

  /** Loads a model for a task, and shows it. */
  async bring(task: WritingTask, wanted: Wanted): Promise<void> {
    this.#show(task);
    this.#card.scrollIntoView({ block: 'nearest' });
    await task.slot.load(wanted);
  }

  #show(task: WritingTask): void {
    this.#task = task;
    byId(`writing-${task.id}`, HTMLInputElement).checked = true;
    byId('chat', HTMLElement).hidden = task.id !== 'chat';
    byId('summary', HTMLElement).hidden = task.id !== 'summary';
    this.#state.set(task.slot.state.value);
  }
}
