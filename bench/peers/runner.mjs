// What a warm process or page does: opens a contender once, then runs cases when told to.

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
    async time(what, times) {
      const results = [];
      for (let i = 0; i < times; i++) {
        const start = performance.now();
        await run(what);
        results.push(performance.now() - start);
      }
      return results;
    },
  };
}
