// What guesses from the prompt gain (prompt_lookup_num_tokens): GPT-2 with 124 million random
// parameters, whose greedy output soon repeats itself, so that nearly every guess holds. Prints
// milliseconds of a token with and without guesses, medians of interleaved rounds in Node.
//
//   node bench/lookup.mjs FILE [--guesses 3,10] [--rounds N] [--tokens N]
//
// FILE is gpt2-q8_0.gguf or gpt2-q4_0.gguf of make_gpt2_gguf.py.
import { parseArgs } from 'node:util';
import { asCommand, UserError } from '../tools/lib/run.mjs';
import { loadPackage, machine, median, table } from './lib/report.mjs';

const { values: flags, positionals } = parseArgs({
  options: {
    guesses: { type: 'string', default: '3,10' },
    rounds: { type: 'string', default: '5' },
    tokens: { type: 'string', default: '64' },
  },
  allowPositionals: true,
});
const tokens = Number(flags.tokens);
const prompt = 'the boat is near the bridge and the boat is near the bridge and the boat is near ';

/** Milliseconds of a token after the prompt, and the text. */
async function once(generate, more) {
  const settings = { do_sample: false, return_full_text: false, reuse_cache: false, ...more };
  const timed = async (count) => {
    const given = { ...settings, max_new_tokens: count, min_new_tokens: count };
    const start = performance.now();
    const [output] = await generate(prompt, given);
    return { time: performance.now() - start, text: output.generated_text };
  };
  const first = await timed(1);
  const { time, text } = await timed(1 + tokens);
  return { each: (time - first.time) / tokens, text };
}

async function measure(generate, dtype) {
  const ways = [undefined, ...flags.guesses.split(',').map(Number)];
  const times = ways.map(() => []);
  let plain;
  for (let round = -1; round < Number(flags.rounds); round++) {
    for (const [i, guesses] of ways.entries()) {
      const more = guesses === undefined ? {} : { prompt_lookup_num_tokens: guesses };
      const { each, text } = await once(generate, more);
      plain ??= text;
      if (text !== plain) throw new UserError(`another text with ${guesses} guesses.`);
      if (round >= 0) times[i].push(each);
    }
  }
  const medians = times.map(median);
  return ways.map((guesses, i) => [
    dtype,
    guesses ?? 'none',
    medians[i].toFixed(2),
    `${(medians[0] / medians[i]).toFixed(2)}x`,
  ]);
}

await asCommand(async () => {
  const [file] = positionals;
  if (file === undefined) throw new UserError('name a model.');
  const { pipeline } = await loadPackage();
  console.log(machine());
  const rows = [];
  for (const dtype of ['int8', 'int4']) {
    const generate = await pipeline('text-generation', file, { dtype, threads: 1 });
    rows.push(...(await measure(generate, dtype)));
    await generate.dispose();
  }
  console.log(table(['dtype', 'guesses', 'ms a token', 'gain'], rows));
});
