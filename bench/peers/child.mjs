// A warm process of Node for one contender; the parent's messages are [id, method, ...arguments].
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { start } from './runner.mjs';

let runner;
const methods = {
  async start(options) {
    const read = (name) => readFile(join(options.models, name));
    runner = await start({ ...options, node: true, read });
    return { loaded: runner.loaded, info: runner.info };
  },
  answer: (what) => runner.answer(what),
  first: (what) => runner.first(what),
  time: (what, times) => runner.time(what, times),
  memory: () => runner.memory(),
};

process.on('message', async ([id, method, ...values]) => {
  try {
    process.send([id, null, await methods[method](...values)]);
  } catch (error) {
    process.send([id, error?.stack ?? String(error)]);
  }
});
