// What is measured: groups of cases that share a model, a dtype and a number of threads.

const repeated = (items, size) => Array.from({ length: size }, (_, i) => items[i % items.length]);

function minilmCases({ minilm }) {
  const one = (size) => ({ name: `${size} tokens`, times: 5, what: { items: [minilm[size]] } });
  const batch = { items: repeated([minilm[128]], 8) };
  return [one(16), one(32), one(128), { name: '8 x 128 tokens', times: 1, what: batch }];
}

function marianCases({ marian }) {
  const what = { items: [marian[25]], tokens: 25, fixed: true };
  const beam = { ...what, beams: 4 };
  return [
    { name: 'greedy, 25 in, 25 out', times: 1, what },
    { name: 'beam 4, 25 in, 25 out', times: 1, what: beam, only: 'dragoman' },
  ];
}

function defaultCases(inputs) {
  const sentences = inputs.default;
  const ten = sentences.find(({ text }) => text.split(' ').length === 10);
  const batch = (size) => ({ items: repeated(sentences, size), tokens: 64 });
  const one = { items: [ten], tokens: 64 };
  return [
    { name: 'one sentence', times: 3, what: one },
    { name: 'first token', times: 3, what: { ...one, most: 1, first: true } },
    { name: 'batch of 8', times: 1, what: batch(8) },
    { name: 'batch of 64', times: 1, what: batch(64) },
    { name: 'batch of 256', times: 1, what: batch(256), only: 'dragoman' },
  ];
}

// Bergamot has no way to ask for the first token, and no threads.
function studentCases(inputs) {
  return defaultCases(inputs).filter(({ what }) => !what.first);
}

const models = {
  minilm: minilmCases,
  marian: marianCases,
  default: defaultCases,
  student: studentCases,
};
const onnx = ['dragoman', 'ort-pinned', 'ort-latest'];
const contenders = { minilm: onnx, marian: onnx, default: onnx, student: ['dragoman', 'bergamot'] };
const threadCounts = { minilm: [1, 2], marian: [1, 2], default: [1, 2], student: [1] };
// ONNX of the large model in float32 is only for checks: two files of 450 MB.
const dtypes = { minilm: ['int8', 'fp32'], marian: ['int8'], default: ['int8'], student: ['int8'] };

/** All groups of a model. @param inputs  inputs.json of the models' folder */
export function groupsOf(model, inputs) {
  return dtypes[model].flatMap((dtype) =>
    threadCounts[model].map((threads) => ({
      model,
      dtype,
      threads,
      contenders: contenders[model],
      cases: models[model](inputs),
    })),
  );
}

export const modelNames = Object.keys(models);
