// What a warm process or page does: opens a contender once, then runs cases when told to.

import { timed, timesOfTurn } from '../lib/timing.mjs';

const turn = { milliseconds: 300, settling: 100 };

/** @param options  for `open`; `peer` names the module  @returns an object that runs cases */
export async function start(options) {
  const { open } = await import(`./${options.peer}.mjs`);
  const began = performance.now();
  const run = await open(options);
  const loaded = performance.now() - began;
  return {
    loaded,
    info: run.info ?? {},
    answer: (what) => run(what),
    memory: () => run.memory?.(),
    first: (what) => timed(() => run(what)),
    time: (what, least) => timesOfTurn(() => run(what), { ...turn, least }),
  };
}
