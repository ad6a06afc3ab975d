// Before the first request: the fastest form of the int8 product is found out, and what requests
// will run is run, so that the browser's optimising compiler is done with it when one comes.
import { smallText } from '../common/protocol.js';
import { nextTurn } from './jobs.js';
import { guarded } from './module.js';
import type { EngineModule } from './module.js';

// The optimising compiler is at work beside us; after so long what it has not done can wait.
const kernelMilliseconds = 60;
const modelMilliseconds = 40;
const idleMilliseconds = 200;
const mostRounds = 20;
// Rounds without anything becoming faster, after which all is compiled.
const steadyRounds = 2;

/** The forms this module has and this engine executes rightly, the one in use last. */
function usableForms(engine: EngineModule): string[] {
  const forms = ['fused', 'split', 'widen'].filter((form) => engine.selectForm(form));
  // Where there is a relaxed form the plain one is never faster.
  return forms.length > 1 ? forms.filter((form) => form !== 'widen') : forms;
}

function timed(body: () => void): number {
  const start = performance.now();
  body();
  return performance.now() - start;
}

/** Chooses a form by time, some milliseconds at a time between messages. */
export async function warmUpKernels(engine: EngineModule): Promise<void> {
  const forms = guarded(() => usableForms(engine));
  const best = new Map(forms.map((form) => [form, Infinity]));
  const end = performance.now() + kernelMilliseconds;
  for (let steady = 0; steady < steadyRounds && performance.now() < end; steady++) {
    for (const form of forms) {
      const time = timed(() => guarded(() => engine.probe(`int8-${form}`, 8)));
      const before = best.get(form) ?? Infinity;
      // The first round makes operands, and a little faster is noise.
      if (time < 0.9 * before) steady = -1;
      best.set(form, Math.min(time, before));
    }
    guarded(() => engine.probe('rest', 1));
    await nextTurn();
  }
  const [fastest] = forms.sort((a, b) => (best.get(a) ?? 0) - (best.get(b) ?? 0));
  if (fastest !== undefined) guarded(() => engine.selectForm(fastest));
}

// What generates does so with the model's own options and, by other kernels, with one row; other
// tasks refuse the second request at once.
const inputs = [smallText];
const requests = [{ inputs }, { inputs, options: { num_beams: 1 } }].map((it) =>
  JSON.stringify(it),
);

type Progress = 'begin' | 'step';

/** Steps of a small request. Of what goes wrong the first real one will tell. */
function* smallRequest(engine: EngineModule, model: number, request: string): Generator<Progress> {
  yield 'begin';
  try {
    const job = guarded(() => engine.startJob(model, request));
    try {
      while (guarded(() => engine.stepJob(job, 0))) yield 'step';
    } finally {
      guarded(() => engine.cancelJob(job));
    }
  } catch {
    // Nothing was promised; a job that failed is freed with its model.
  }
}

/** Again and again, as what takes a millisecond is compiled only after some calls. */
function* smallRequests(engine: EngineModule, model: number): Generator<Progress> {
  for (let round = 0; round < mostRounds; round++) {
    for (const request of requests) yield* smallRequest(engine, model, request);
  }
}

/**
 * Runs small requests through a model while there is time.
 *
 * @returns whether there was time for one
 */
export function warmUpModel(engine: EngineModule, model: number): boolean {
  const end = performance.now() + modelMilliseconds;
  let begun = 0;
  for (const request of smallRequests(engine, model)) {
    if (performance.now() >= end) break;
    begun += Number(request === 'begin');
  }
  return begun > 1;
}

/** Goes on so, a step between messages, until there is something to do. */
export async function keepWarming(
  engine: EngineModule,
  model: number,
  isIdle: () => boolean,
): Promise<void> {
  const steps = smallRequests(engine, model);
  let done: boolean | undefined = false;
  for (let spent = 0; !done; spent += timed(() => (done = steps.next().done))) {
    await nextTurn();
    if (!isIdle() || spent > idleMilliseconds) return void steps.return(undefined);
  }
}
