// Dragoman as a contender, as its users have it: text in, text out, with tokenizer and messages.

/** @returns a function that does a case once and gives its answer */
export async function open({ at, node, model, models, dtype, threads }) {
  const { pipeline } = await import(`${at}/index.js`);
  const folder = node ? `${models}/${model}` : new URL(`/models/${model}`, location.href).href;
  const task = model === 'minilm' ? 'text-classification' : 'translation';
  const call = await pipeline(task, folder, { dtype, threads });
  const run = async ({ items, tokens, fixed = false, beams = 1, first = false }) => {
    const texts = items.map((item) => item.text);
    if (task === 'text-classification') return call(texts, { top_k: null });
    const lengths = fixed ? { max_new_tokens: tokens, min_new_tokens: tokens } : {};
    const options = { num_beams: beams, ...lengths };
    if (!first) return call(texts, options);
    for await (const { delta } of call.stream(texts, options)) if (delta !== '') break;
    return [];
  };
  return Object.assign(run, { info: { variant: call.variant }, memory: () => call.memoryUse() });
}
