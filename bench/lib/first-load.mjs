// One load of a model in the box and its first requests; runs in Node and in pages.
import { median, timed } from './timing.mjs';

// Some 16 tokens.
const text = 'The weather is fine today, and all the children play outside.';

/** What is measured, and what was asked of the pipeline. */
export const cases = [
  { name: 'classify', task: 'text-classification', options: {} },
  { name: 'translate, beams', task: 'translation', options: {} },
  { name: 'translate, greedy', task: 'translation', options: { num_beams: 1 } },
];

/** Milliseconds of loading, of the first request after a pause, and of later ones. */
export async function loadOnce(pipeline, { task, options }, threads, pause) {
  let call;
  const load = await timed(async () => (call = await pipeline(task, null, { threads })));
  const requests = async (count, before) => {
    const times = [];
    for (let i = 0; i < count; i++) {
      if (before > 0) await new Promise((resolve) => setTimeout(resolve, before));
      times.push(await timed(() => call(text, options)));
    }
    return times;
  };
  const [first] = await requests(1, pause);
  const inARow = await requests(30, 0);
  const later = pause > 0 ? await requests(9, pause) : inARow;
  await call.dispose();
  return { load, first, later: median(later) };
}
