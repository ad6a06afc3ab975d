// onnxruntime-web as a contender, in Node and in pages: bare sessions, called in the same thread,
// without tokenizer, pipeline or messages. That flatters it beside transformers.js.

/** Loads the library once per process. @param at  address of a folder of onnxruntime-web */
async function library({ at, node, threads }) {
  const ort = await import(`${at}/dist/${node ? 'ort.node.min.mjs' : 'ort.wasm.min.mjs'}`);
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = 'error';
  return ort;
}

const ids = (ort, rows) => {
  const width = Math.max(...rows.map((row) => row.length));
  const flat = new BigInt64Array(rows.length * width);
  rows.forEach((row, at) => row.forEach((id, i) => (flat[at * width + i] = BigInt(id))));
  return new ort.Tensor('int64', flat, [rows.length, width]);
};

const masks = (ort, rows) => {
  const width = Math.max(...rows.map((row) => row.length));
  const padded = rows.map((row) => [...row.map(() => 1), ...Array(width - row.length).fill(0)]);
  return ids(ort, padded);
};

function pad(rows, id) {
  const width = Math.max(...rows.map((row) => row.length));
  return rows.map((row) => [...row, ...Array(width - row.length).fill(id)]);
}

async function openClassifier(ort, load) {
  const session = await load('model');
  return async ({ items }) => {
    const rows = items.map((item) => item.ids);
    const feeds = { input_ids: ids(ort, rows), attention_mask: masks(ort, rows) };
    feeds.token_type_ids = ids(
      ort,
      rows.map((row) => row.map(() => 0)),
    );
    const { logits } = await session.run(feeds);
    return Array.from(logits.data);
  };
}

/** The best token of each row's last position, `banned` ones apart. */
function best({ data, dims }, banned) {
  const [rows, length, size] = dims;
  return Array.from({ length: rows }, (_, row) => {
    const last = data.subarray(((row + 1) * length - 1) * size, (row + 1) * length * size);
    for (const id of banned) last[id] = -Infinity;
    let at = 0;
    for (let i = 1; i < size; i++) if (last[i] > last[at]) at = i;
    return at;
  });
}

/** Greedy search with a KV cache, over the merged decoder that transformers.js uses too. */
async function openTranslator(ort, load, { layers, heads, width, padId, eosId }) {
  const encoder = await load('encoder_model');
  const decoder = await load('decoder_model_merged');
  const flag = (value) => new ort.Tensor('bool', [value], [1]);
  const names = Array.from({ length: layers }, (_, i) =>
    ['decoder', 'encoder'].flatMap((side) =>
      ['key', 'value'].map((part) => `${i}.${side}.${part}`),
    ),
  ).flat();
  const empty = (rows) => new ort.Tensor('float32', [], [rows, heads, 0, width / heads]);

  return async ({ items, tokens, fixed = false, most = tokens }) => {
    const rows = pad(
      items.map((item) => item.ids),
      padId,
    );
    const mask = masks(
      ort,
      items.map((item) => item.ids),
    );
    const { last_hidden_state } = await encoder.run({
      input_ids: ids(ort, rows),
      attention_mask: mask,
    });
    const cache = Object.fromEntries(
      names.map((name) => [`past_key_values.${name}`, empty(rows.length)]),
    );
    const output = items.map(() => []);
    const done = items.map(() => false);
    let next = items.map(() => padId);
    for (let step = 0; step < most && !done.every(Boolean); step++) {
      const results = await decoder.run({
        ...cache,
        input_ids: ids(
          ort,
          next.map((id) => [id]),
        ),
        encoder_hidden_states: last_hidden_state,
        encoder_attention_mask: mask,
        use_cache_branch: flag(step > 0),
      });
      for (const name of names) {
        if (step > 0 && name.includes('encoder')) continue; // the first step's stay
        cache[`past_key_values.${name}`] = results[`present.${name}`];
      }
      next = best(results.logits, fixed ? [padId, eosId] : [padId]);
      next.forEach((id, at) => {
        if (!done[at]) output[at].push(id);
        if (!fixed && id === eosId) done[at] = true;
      });
    }
    return output;
  };
}

/** @returns a function that does a case once and gives its answer */
export async function open(options) {
  const ort = await library(options);
  const suffix = options.dtype === 'int8' ? '_quantized' : '';
  const load = async (name) => {
    const bytes = await options.read(`${options.model}/onnx/${name}${suffix}.onnx`);
    return ort.InferenceSession.create(bytes, {
      executionProviders: ['wasm'],
      graphOptimizationLevel: 'all',
    });
  };
  if (options.model === 'minilm') return openClassifier(ort, load);
  const config = JSON.parse(
    new TextDecoder().decode(await options.read(`${options.model}/config.json`)),
  );
  return openTranslator(ort, load, {
    layers: config.decoder_layers,
    heads: config.decoder_attention_heads,
    width: config.d_model,
    padId: config.pad_token_id,
    eosId: config.eos_token_id,
  });
}
