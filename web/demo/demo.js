// The demo page: two pipelines, a form each.
import { env, pipeline } from './dist/index.js';

// Everything lies beside this page, wherever it is served from.
env.localModelPath = new URL('models/', import.meta.url).href;

const facts = new Map([
  ['Version', env.version],
  ['Isolated (threads)', globalThis.crossOriginIsolated ? 'yes' : 'no'],
]);

function showFacts() {
  const list = document.querySelector('#facts');
  const entries = [...facts].flatMap(([name, value]) => {
    const term = document.createElement('dt');
    const detail = document.createElement('dd');
    term.textContent = name;
    detail.textContent = value;
    return [term, detail];
  });
  list.replaceChildren(...entries);
}

/** The parts of a form's section that change. */
class Panel {
  constructor(id) {
    this.form = document.querySelector(`#${id}`);
    const section = this.form.closest('section');
    this.input = section.querySelector('textarea');
    this.submit = section.querySelector('[type=submit]');
    this.cancel = section.querySelector('.cancel');
    this.progress = section.querySelector('progress');
    this.note = section.querySelector('.note');
    this.error = section.querySelector('.error');
    this.output = section.querySelector('output');
    this.sizes = new Map();
  }

  showProgress({ status, file, loaded, total }) {
    if (status !== 'progress') return;
    this.sizes.set(file, { loaded, total });
    const sum = (key) => [...this.sizes.values()].reduce((all, size) => all + size[key], 0);
    this.progress.value = (100 * sum('loaded')) / Math.max(1, sum('total'));
    this.note.textContent = `Loading, ${(sum('loaded') / 1e6).toFixed(1)} MB`;
  }

  showError(error) {
    this.error.hidden = false;
    this.error.textContent = `${error.message} (${error.code ?? error.name})`;
  }

  /** Runs one request, with its signal and time; shows what became of it. */
  async run(request) {
    const controller = new AbortController();
    this.error.hidden = true;
    this.submit.disabled = true;
    this.cancel.disabled = false;
    this.cancel.onclick = () => controller.abort();
    const start = performance.now();
    try {
      const detail = await request(controller.signal);
      this.note.textContent = `${(performance.now() - start).toFixed(0)} ms${detail}`;
    } catch (error) {
      if (error.name === 'AbortError') this.note.textContent = 'Cancelled';
      else this.showError(error);
    } finally {
      this.submit.disabled = false;
      this.cancel.disabled = true;
    }
  }
}

/** Loads a pipeline and connects it to its form. */
async function start(panel, task, name, request) {
  const begin = performance.now();
  try {
    const call = await pipeline(task, null, {
      progress_callback: (event) => panel.showProgress(event),
    });
    const seconds = ((performance.now() - begin) / 1000).toFixed(2);
    panel.note.textContent = 'Ready';
    panel.submit.disabled = false;
    facts.set('Engine', `${call.variant}, ${call.threads} thread${call.threads > 1 ? 's' : ''}`);
    const size = (call.info.packed_bytes / 1e6).toFixed(1);
    facts.set(name, `${call.info.name}, ${call.info.dtype}, ${size} MB, loaded in ${seconds} s`);
    panel.form.onsubmit = (event) => {
      event.preventDefault();
      void panel.run((signal) => request(call, signal));
    };
    panel.input.onkeydown = (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) panel.form.requestSubmit();
    };
  } catch (error) {
    panel.note.textContent = 'Not loaded';
    panel.showError(error);
  } finally {
    panel.progress.hidden = true;
    showFacts();
  }
}

const translatePanel = new Panel('translate');
const classifyPanel = new Panel('classify');

async function translate(call, signal) {
  const text = translatePanel.input.value;
  const beams = Number(translatePanel.form.elements.beams.value);
  const begin = performance.now();
  const [result] = await call(text, { num_beams: beams, signal });
  const seconds = (performance.now() - begin) / 1000;
  translatePanel.output.textContent = result.translation_text;
  const words = text.split(/\s+/).filter(Boolean).length;
  const cut = result.truncated ? '; cut, as it grew too long' : '';
  return ` (${(words / seconds).toFixed(0)} words/s)${cut}`;
}

function verdict(line, { label, score }) {
  const row = document.createElement('div');
  row.className = 'verdict';
  const texts = [label, `${(100 * score).toFixed(1)} %`, line];
  row.append(
    ...texts.map((text) => {
      const cell = document.createElement('span');
      cell.textContent = text;
      return cell;
    }),
  );
  return row;
}

async function classify(call, signal) {
  const lines = classifyPanel.input.value.split('\n').filter((line) => line.trim() !== '');
  const labels = await call(lines, { signal });
  classifyPanel.output.replaceChildren(...lines.map((line, i) => verdict(line, labels[i])));
  return ` for ${lines.length} line${lines.length === 1 ? '' : 's'}`;
}

showFacts();
await Promise.all([
  start(translatePanel, 'translation', 'Translation', translate),
  start(classifyPanel, 'sentiment-analysis', 'Sentiment', classify),
]);
