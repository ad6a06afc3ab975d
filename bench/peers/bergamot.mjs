// Bergamot as a contender: its worker called directly, text in, text out. Its search is greedy, it
// has neither threads nor relaxed SIMD, and caching translations is off.

async function openWorker(at) {
  const { TranslatorBacking } = await import(`${at}/translator.js`);
  class Backing extends TranslatorBacking {
    // No list of models is to be fetched.
    async loadModelRegistery() {
      return [];
    }
  }
  const { exports } = await new Backing({ cacheSize: 0 }).loadWorker();
  return exports;
}

const pair = { from: 'en', to: 'fr' };
const bufferOf = ({ buffer, byteOffset, length }) => buffer.slice(byteOffset, byteOffset + length);

/** @returns a function that does a case once and gives its answer */
export async function open({ at, model, read }) {
  const translator = await openWorker(at);
  await translator.loadTranslationModel(pair, {
    model: bufferOf(await read(`${model}/marian/model.bin`)),
    vocabs: [bufferOf(await read(`${model}/marian/vocab.spm`))],
    shortlist: new ArrayBuffer(0), // all pieces are candidates, as they are for us
    config: { 'gemm-precision': 'int8shiftAll' },
  });
  return async ({ items }) => {
    const texts = items.map(({ text }) => ({ text, html: false }));
    const results = await translator.translate({ models: [pair], texts });
    return results.map(({ target }) => ({ translation_text: target.text }));
  };
}
