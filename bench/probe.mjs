// What the machine gives at this moment, as JSON: multiply-adds in 1e9 a second by the int8 form in
// use, by the split form and in f32, bytes read in 1e9 a second, each on one thread; and how many
// times the work of one thread two do at once, 2 where a second core is free.
//
//   node bench/probe.mjs [--cores]      only the last
import { probes, twoCores } from './lib/probes.mjs';
import { allowRelaxedSimd } from './lib/report.mjs';

allowRelaxedSimd();
const result = { cores: await twoCores('relaxed') };
if (!process.argv.includes('--cores')) {
  const kinds = { int8: 64, 'int8-split': 64, f32: 64, read: 256 };
  const requests = Object.entries(kinds).map(([kind, size]) => ({ kind, size }));
  const figures = await probes('relaxed', requests);
  Object.keys(kinds).forEach((kind, at) => (result[kind] = figures[at]));
}
console.log(JSON.stringify(result));
