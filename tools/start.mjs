// Shows what Dragoman does, from a fresh clone: npm start
//
// Sets up, builds, translates and classifies a few lines here in the terminal with the default
// models, then serves the demo page until interrupted. With --once it ends before that.
import { createRequire } from 'node:module';
import { build } from './build.mjs';
import { buildDemo } from './lib/builds.mjs';
import { asCommand, projectRoot, UserError } from './lib/run.mjs';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

const sentences = [
  'Where is the station?',
  'I would like a cup of coffee, please.',
  'Dr. Smith is late. We have to wait.',
  'She said that she would come back tomorrow.',
];
const reviews = ['A warm, funny, engaging film.', 'The plot drags, and the jokes fall flat.'];

const milliseconds = (start) => `${(performance.now() - start).toFixed(0)} ms`;

function describe({ info, variant, threads }, start) {
  const size = (info.packed_bytes / 1e6).toFixed(1);
  const engine = `${variant}, ${threads} thread${threads > 1 ? 's' : ''}`;
  console.log(
    `\n${info.name}: ${info.dtype}, ${size} MB, ${engine}, loaded in ${milliseconds(start)}`,
  );
}

async function showTranslation(pipeline) {
  const loading = performance.now();
  const translate = await pipeline('translation');
  describe(translate, loading);
  const start = performance.now();
  const results = await translate(sentences);
  const time = milliseconds(start);
  results.forEach(({ translation_text }, i) =>
    console.log(`  ${sentences[i]}\n    ${translation_text}`),
  );
  console.log(`  ${sentences.length} texts in ${time}`);
  await translate.dispose();
}

async function showClassification(pipeline) {
  const loading = performance.now();
  const classify = await pipeline('sentiment-analysis');
  describe(classify, loading);
  const start = performance.now();
  const results = await classify(reviews);
  const time = milliseconds(start);
  results.forEach(({ label, score }, i) => {
    console.log(`  ${label} ${(100 * score).toFixed(1)} %  ${reviews[i]}`);
  });
  console.log(`  ${reviews.length} texts in ${time}`);
  await classify.dispose();
}

async function start(args) {
  const unknown = args.filter((arg) => arg !== '--once');
  if (unknown.length > 0) throw new UserError(`unknown argument ${unknown[0]}; there is --once.`);
  build();
  // Only now is there a package to import.
  const entry = createRequire(join(projectRoot, 'package.json')).resolve('dragoman');
  const { pipeline } = await import(pathToFileURL(entry).href);
  await showTranslation(pipeline);
  await showClassification(pipeline);
  if (args.includes('--once')) return;
  buildDemo();
  const { serve } = await import('../web/demo/serve.mjs');
  const { address } = await serve();
  console.log(`\nThe same in a page: ${address} (Ctrl+C stops it)`);
}

await asCommand(() => start(process.argv.slice(2)));
