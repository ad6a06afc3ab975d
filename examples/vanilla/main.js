// A page without a bundler: the package is imported from where npm put it.
import { pipeline } from './node_modules/dragoman/dist/index.js';

const [button, result, status] = ['button', '#result', '#status'].map((selector) =>
  document.querySelector(selector),
);

/** Shows the text as it grows; a second click would end the first. */
async function show(translate, text, signal) {
  result.textContent = '';
  for await (const { delta } of translate.stream(text, { num_beams: 4, signal })) {
    result.textContent += delta;
  }
}

try {
  const translate = await pipeline('translation', null, {
    progress_callback: ({ status: step, file, progress }) => {
      if (step === 'progress') status.textContent = `${file}: ${Math.round(progress)} %`;
    },
  });
  status.textContent = `Ready: ${translate.variant}, threads: ${translate.threads}`;
  button.disabled = false;
  let running = new AbortController();
  document.querySelector('form').addEventListener('submit', async (event) => {
    event.preventDefault();
    running.abort();
    running = new AbortController();
    try {
      await show(translate, document.querySelector('#text').value, running.signal);
    } catch (error) {
      if (error.name !== 'AbortError') status.textContent = error.message;
    }
  });
} catch (error) {
  status.textContent = `${error.code}: ${error.message}`;
}
