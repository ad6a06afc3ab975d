// The models of the page: which task one is for, and how it is loaded.
import { DragomanError, env, pipeline } from 'dragoman';
import { ModelSlot } from './model-slot.js';
import { tab } from './offline.js';
import { tabParameter } from './messages.js';
import type { TextClassificationPipeline, TranslationPipeline } from 'dragoman';
import type { Wanted } from './model-slot.js';

/** What every visit begins with. */
export const defaults: Record<'translator' | 'classifier', Wanted> = {
  translator: { name: 'dragoman-en-fr', source: null },
  classifier: { name: 'dragoman-sentiment', source: null },
};

export type Translator = ModelSlot<TranslationPipeline>;
export type Classifier = ModelSlot<TextClassificationPipeline>;

/** Sets the package up for this page: everything lies beside it, wherever it is served from. */
export function configure(): void {
  env.localModelPath = new URL('models/', location.href).href;
  const worker = new URL('../../../dist/worker.js', import.meta.url);
  // By this the service worker knows whose worker fetches something.
  worker.searchParams.set(tabParameter, tab);
  env.workerUrl = worker;
}

export function createTranslator(): Translator {
  return new ModelSlot((source, signal, report) =>
    pipeline('translation', source, { signal, progress_callback: report }),
  );
}

export function createClassifier(): Classifier {
  return new ModelSlot((source, signal, report) =>
    pipeline('text-classification', source, { signal, progress_callback: report }),
  );
}

/**
 * Loads what someone brought. Its files say which task it is for, but only once they are there: it
 * is first taken for a translator, and for a classifier when it is no translator.
 */
export async function loadAny(
  wanted: Wanted,
  translator: Translator,
  classifier: Classifier,
): Promise<void> {
  if (wanted === defaults.classifier) {
    await classifier.load(wanted);
    return;
  }
  const refusals: unknown[] = [];
  const handOver = (error: unknown) => isOtherKind(error) && refusals.push(error) > 0;
  await translator.load(wanted, { handOver });
  if (refusals.length === 0) return;
  await classifier.load(wanted, { handOver });
  // Neither of them: said once, where people look first.
  if (refusals.length > 1) translator.fail(wanted, refusals[1]);
}

function isOtherKind(error: unknown): boolean {
  return error instanceof DragomanError && error.code === 'unsupported-model';
}
