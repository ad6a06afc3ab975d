// pipeline(): from the name of a task to a function that does it.
/// <reference lib="esnext.disposable" preserve="true" />
import { engineFor, LoadedModel } from './engine.js';
import { DragomanError } from './common/errors.js';
import { smallText } from './common/protocol.js';
import { resolveModel } from './models.js';
import { canonicalDtype, checkPipelineOptions, shown } from './options.js';
import { storeParams } from './stored-models.js';
import { findTask, taskNames } from './tasks/table.js';
import { executions } from './variant.js';
import type { ModelSource } from './models.js';
import type { PipelineOptions } from './options.js';
import type { PipelineBase } from './tasks/definition.js';
import type { PipelineFor, Task } from './tasks/table.js';

function describe(task: Task, model: LoadedModel): PipelineBase {
  const { variant, threads } = model.execution;
  const dispose = () => model.dispose();
  const base: Record<string | symbol, unknown> = {
    task,
    info: model.info,
    variant,
    threads,
    memoryUse: () => model.memoryUse(),
    dispose,
  };
  // Missing in browsers that know no `await using`, which then cannot ask for it either.
  if (Symbol.asyncDispose) base[Symbol.asyncDispose] = dispose;
  return base as unknown as PipelineBase;
}

const warmUpCalls = 4;
const warmUpMilliseconds = 40;

// What a page runs for the first times takes longer: some small calls before anybody waits for one.
// Of what goes wrong with them the first real one will tell.
async function warmUp(call: unknown, sample: readonly unknown[] = [smallText]): Promise<void> {
  const run = call as (...args: readonly unknown[]) => Promise<unknown>;
  const end = performance.now() + warmUpMilliseconds;
  try {
    for (let i = 0; i < warmUpCalls && performance.now() < end; i++) await run(...sample);
  } catch {
    // See above.
  }
}

/**
 * Loads a model for a task.
 *
 * @param model hub id, folder or URL; without one, the task's default model
 * @returns a function that takes a text, or an array of texts, and options
 * @throws DragomanError; the signal's reason when it was aborted
 */
export async function pipeline<Name extends Task>(
  task: Name,
  model?: ModelSource | null,
  options: PipelineOptions = {},
): Promise<PipelineFor<Name>> {
  const definition = findTask(task);
  if (definition === undefined) {
    throw new DragomanError(
      'unsupported-option',
      `The task ${shown(task)} is unknown; known are ${taskNames.join(', ')}.`,
    );
  }
  checkPipelineOptions(options);
  const { signal, progress_callback: report, variant, threads, kv_dtype } = options;
  signal?.throwIfAborted();
  const dtype = canonicalDtype(options.dtype);
  const { name, sources, file } = resolveModel(task, model, options);
  const engine = engineFor(executions({ variant, threads }));
  const { network } = definition;
  const spec = { task, dtype, kv_dtype, name, sources, file, store: storeParams(), network };
  const loading = LoadedModel.load(engine, spec, { signal, onEvent: report });
  definition.prepare?.();
  const loaded = await loading;
  try {
    const call = definition.create(loaded, task);
    const base = Object.getOwnPropertyDescriptors(describe(task, loaded));
    if (loaded.isQuick) await warmUp(call, definition.sample);
    signal?.throwIfAborted();
    loaded.warmUp();
    report?.({ status: 'ready', task, model: name });
    return Object.defineProperties(call, base) as unknown as PipelineFor<Name>;
  } catch (error) {
    await loaded.dispose();
    throw error;
  }
}
