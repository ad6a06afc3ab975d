// The page: makes its parts and connects them.
import { env } from 'dragoman';
import { Alternatives } from './alternatives.js';
import { Announcer } from './announcer.js';
import { byId, element, setText } from './dom.js';
import { translationOf, wordCount } from './document.js';
import { showEngine, showMemory, showRequests, showSpeed } from './facts.js';
import { LabelsPanel } from './labels-panel.js';
import { LiveLabels } from './live-labels.js';
import { LiveTranslation } from './live-translation.js';
import { failureNode, LoadView } from './load-view.js';
import { ModelPanel } from './model-panel.js';
import { configure, createClassifier, createTranslator, defaults, loadAny } from './models.js';
import { NetworkCounter } from './network-counter.js';
import { Observable } from './observable.js';
import { startOffline } from './offline.js';
import { ReadingPanel } from './reading-panel.js';
import { readingTasks } from './reading-tasks.js';
import { SourcePane } from './source-pane.js';
import { StoragePanel } from './storage-panel.js';
import { examples, language, text } from './strings.js';
import { TargetPane } from './target-pane.js';
import { startTheme } from './theme.js';
import { WritingPanel } from './writing-panel.js';
import type { PipelineBase, StoredModel } from 'dragoman';
import type { ModelSlot, Wanted } from './model-slot.js';

const announcer = new Announcer();
const translator = createTranslator();
const classifier = createClassifier();
const translation = new LiveTranslation();
const labels = new LiveLabels();
const network = new NetworkCounter();
// The sentence that is pointed at in any of the lists, or else the one whose window is open.
const pointed = new Observable<number | undefined>(undefined);
const opened = new Observable<number | undefined>(undefined);
const active = new Observable<number | undefined>(undefined);
const follow = () => active.set(pointed.value ?? opened.value);
pointed.watch(follow);
opened.watch(follow);
const inUse = new Observable<readonly string[]>([]);
const { document: view } = translation;

const alternatives = new Alternatives();
const source = new SourcePane({
  document: view,
  labels: labels.labels,
  active,
  pointed,
  onInput: (value, now) => {
    alternatives.close(false);
    translation.setText(value, now);
  },
});
const target = new TargetPane({
  document: view,
  active,
  pointed,
  onOpen: (index, anchor) => {
    const sentence = view.value.sentences[index];
    if (sentence === undefined) return;
    void alternatives.open({
      source: sentence.source,
      current: sentence.translation,
      anchor,
      search: (signal) => translation.alternatives(sentence.source, signal),
      choose: (other) => translation.choose(sentence.source, other),
      onClose: () => opened.set(undefined),
    });
    opened.set(index);
  },
});
const tasks = readingTasks(classifier);
const readingPanel = new ReadingPanel({
  tasks,
  announce: (message) => announcer.later(message),
  onAsk: ({ id }) => modelPanel.ask(id),
});
const writingPanel = new WritingPanel({
  announce: (message) => announcer.now(message),
  onAsk: ({ id }) => modelPanel.ask(id),
});
const modelPanel = new ModelPanel([...tasks, ...writingPanel.tasks], bring);
const labelsPanel = new LabelsPanel({ document: view, labels: labels.labels, active, pointed });

const storage = new StoragePanel({
  inUse,
  onUse: bring,
  announce: (message) => announcer.now(message),
  onStored: showOffline,
});

/** Every place for a model, that of the translator first. */
function slots(): ModelSlot<PipelineBase>[] {
  const own = [...tasks, ...writingPanel.tasks].map(({ slot }) => slot);
  const all: unknown[] = [translator, classifier, ...own];
  return all as ModelSlot<PipelineBase>[];
}

function settled(): boolean {
  const states = slots().map(({ state }) => state.value.kind);
  return translator.model.value !== undefined && !states.includes('loading');
}

function onModels(): void {
  const models = slots().map(({ model }) => model.value);
  const present: PipelineBase[] = models.filter((model) => model !== undefined);
  inUse.set(present.map(({ info }) => info.name));
  const [first] = present;
  if (first) showEngine(first);
}

/** The classifier in the box reads English; a text in another language is not for it. */
function checkLanguages(): void {
  const code = translator.model.value?.info.source_lang;
  const reads = classifier.model.value?.info.source_lang ?? 'en';
  const foreign = code !== undefined && !code.startsWith(reads.slice(0, 2));
  labelsPanel.setForeign(foreign ? code : undefined);
  labels.setModel(foreign ? undefined : classifier.model.value);
}

function connectTranslator(): void {
  translator.model.watch((model) => {
    const { source_lang: from, target_lang: to, name } = model?.info ?? {};
    if (model) {
      setText(byId('source-language', HTMLElement), from ? language(from) : text.source);
      setText(byId('target-language', HTMLElement), to ? language(to) : text.target);
      setText(byId('model-chip', HTMLElement), name ?? '');
      announcer.now(text.modelReady(name ?? ''));
    }
    source.setLanguage(from);
    target.setLanguage(to);
    translation.setModel(model);
    onModels();
    checkLanguages();
  });
  classifier.model.watch(() => {
    onModels();
    checkLanguages();
  });
  let counted: readonly (PipelineBase | undefined)[] = [];
  const onState = () => {
    const loaded = slots().map(({ model }) => model.value);
    // A loading that failed or was ended has made requests since the last one that did not.
    if (settled() && loaded.some((model, index) => model !== counted[index])) {
      counted = loaded;
      network.restart();
      const [first] = loaded.filter((model) => model !== undefined);
      if (first) void showMemory(first);
    }
    showRequests(network.count.value, settled());
  };
  for (const { state } of slots()) state.watch(onState);
  for (const { slot } of [...tasks, ...writingPanel.tasks]) slot.model.watch(onModels);
  network.count.watch((count) => showRequests(count, settled()));
}

function connectText(): void {
  const failure = byId('run-failure', HTMLElement);
  const busy = byId('busy', HTMLElement);
  view.watch(({ text: value, sentences }) => {
    labels.setSentences(sentences.map((sentence) => sentence.source));
    setText(byId('source-count', HTMLElement), value === '' ? '' : text.words(wordCount(value)));
    byId('copy', HTMLButtonElement).disabled = sentences.every((each) => each.translation === '');
    byId('clear', HTMLButtonElement).hidden = value === '';
    byId('examples', HTMLElement).hidden = value !== '';
  });
  translation.failure.watch((value) => {
    failure.hidden = value === undefined;
    failure.replaceChildren(...(value ? [failureNode(value)] : []));
  });
  translation.speed.watch(showSpeed);
  translation.busy.watch((on) => {
    busy.hidden = !on;
    const { length } = view.value.sentences;
    if (on || length === 0) return;
    announcer.later(text.translated(length));
    const model = translator.model.value;
    if (model) void showMemory(model);
  });
}

async function copy(): Promise<void> {
  const button = byId('copy', HTMLButtonElement);
  const words = button.querySelector('span') ?? button;
  const before = words.textContent ?? '';
  let said = text.copied;
  try {
    await navigator.clipboard.writeText(translationOf(view.value));
  } catch {
    said = text.copyFailed;
  }
  words.textContent = said;
  announcer.now(said);
  setTimeout(() => (words.textContent = before), 1600);
}

function connectButtons(): void {
  byId('copy', HTMLButtonElement).addEventListener('click', () => void copy());
  byId('clear', HTMLButtonElement).addEventListener('click', () => source.replace(''));
  const beams = byId('beams', HTMLSelectElement);
  beams.addEventListener('change', () => translation.setBeams(Number(beams.value)));
  const chips = examples.map(({ name, text: value }) => {
    const chip = element('button', { type: 'button', class: 'chip' }, name);
    chip.addEventListener('click', () => source.replace(value));
    return chip;
  });
  byId('examples', HTMLElement).append(...chips);
}

/** Whether the next visit needs no network: the page and the models it begins with are kept. */
function showOffline(stored: readonly StoredModel[]): void {
  const kept = stored.filter(({ complete }) => complete).map(({ name }) => name);
  const { serviceWorker } = navigator as Partial<Navigator>;
  const page = serviceWorker !== undefined && serviceWorker.controller !== null;
  const ready = Object.values(defaults).every(({ name }) => kept.includes(name));
  byId('offline', HTMLElement).hidden = !(page && ready);
}

/** Loads a model that someone asked for: for the task they chose, or for what it can do. */
function bring(wanted: Wanted): void {
  const written = writingPanel.tasks.find(({ id }) => id === modelPanel.task);
  if (written) {
    void writingPanel.bring(written, wanted).then(() => storage.refresh());
    return;
  }
  const task = tasks.find(({ id }) => id === modelPanel.task);
  if (task === undefined) byId('translator-card', HTMLElement).scrollIntoView({ block: 'nearest' });
  const loaded = task ? readingPanel.bring(task, wanted) : loadAny(wanted, translator, classifier);
  void loaded.then(() => storage.refresh());
}

/** A load that failed, once more; which place it was for is known. */
function retry(wanted: Wanted): void {
  void loadAny(wanted, translator, classifier).then(() => storage.refresh());
}

async function start(): Promise<void> {
  startTheme();
  setText(byId('version', HTMLElement), env.version);
  connectTranslator();
  connectText();
  connectButtons();
  new LoadView('translator', translator.state, { cancel: () => translator.cancel(), retry });
  new LoadView('classifier', classifier.state, { cancel: () => classifier.cancel(), retry });
  await startOffline();
  network.start();
  configure();
  // Text that was typed, or kept by the browser, while the models were on their way.
  if (source.text !== '') translation.setText(source.text, true);
  await translator.load(defaults.translator);
  await classifier.load(defaults.classifier);
  await storage.refresh();
}

await start();
