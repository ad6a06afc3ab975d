// What a warm process or page does: opens a contender once, then runs cases when told to.

// A turn takes so many milliseconds at least, and its first calls do not count: threads that have
// slept are woken, and the system finds a core for each.
const turn = 300;
const settling = 100;

async function timed(call) {
  const start = performance.now();
  await call();
  return performance.now() - start;
}

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
    async time(what, times) {
      const results = [];
      const start = performance.now();
      while (results.length < times || performance.now() < start + turn) {
        const isSettled = performance.now() >= start + settling;
        const time = await timed(() => run(what));
        if (isSettled) results.push(time);
      }
      return results;
    },
  };
}
