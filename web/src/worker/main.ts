// The worker's entry: answers the page's calls with the engine. Threads of the engine start from
// this same file, under another name; they must be left to the glue.
import './environment.js';
import { Channel } from '../common/channel.js';
import { DragomanError } from '../common/errors.js';
import { poolName, protocolVersion } from '../common/protocol.js';
import { readExport } from './export.js';
import { loadModel } from './loader.js';
import { Scheduler } from './jobs.js';
import { guarded, startModule } from './module.js';
import { joinPool } from './pool.js';
import { keepWarming, warmUpKernels, warmUpModel } from './warm-up.js';
import type { Handlers, Send } from '../common/channel.js';
import type { MemoryUse, PageMethods, WorkerMethods } from '../common/protocol.js';
import type { PageChannel } from './http-source.js';
import type { Loaded } from './loader.js';
import type { EngineModule, RunningModule } from './module.js';

/** What a worker is between start and end. */
interface State {
  module: RunningModule;
  scheduler: Scheduler;
  /** Until the kernels are warm. */
  warm: Promise<void>;
}

let state: State | undefined;
/** The loaded models, by the numbers the page gave them. */
const models = new Map<number, Loaded>();

function started(): State {
  if (state === undefined) throw new DragomanError('internal', 'The worker was not started.');
  return state;
}

function loadedModel(model: number): Loaded {
  const loaded = models.get(model);
  if (loaded === undefined)
    throw new DragomanError('disposed', 'The model is not loaded any more.');
  return loaded;
}

function checkVersion(version: string, engine?: EngineModule): void {
  const own = engine?.version() ?? protocolVersion;
  if (own === version) return;
  const file = engine === undefined ? 'worker.js' : 'The .wasm file';
  throw new DragomanError(
    'internal',
    `${file} is of version ${own} and index.js of version ${version}; all files of the package ` +
      'must come from one release.',
  );
}

const handlers: Handlers<WorkerMethods> = {
  async start(params) {
    checkVersion(params.version);
    const module = await startModule(params);
    const { engine } = module;
    checkVersion(params.version, engine);
    return guarded(() => {
      engine.configure(params.poolPorts.length + 1);
      const selfTest = engine.selfTest();
      // Files are on their way meanwhile.
      const warm = selfTest ? warmUpKernels(engine) : Promise.resolve();
      state = { module, scheduler: new Scheduler(module), warm };
      return { selfTest };
    });
  },
  async load(params, context) {
    const { module, warm } = started();
    const loaded = await loadModel(module, params, channel, context);
    await warm;
    const isQuick = warmUpModel(module.engine, loaded.handle);
    models.set(params.model, loaded);
    return { info: loaded.info, isQuick };
  },
  warmUp({ model }) {
    const { module, scheduler } = started();
    const loaded = loadedModel(model);
    const isIdle = () => !scheduler.isRunning && models.get(model) === loaded;
    void keepWarming(module.engine, loaded.handle, isIdle);
    return null;
  },
  async run({ model, request, reports }, { signal, emit, transfer }) {
    const { handle } = loadedModel(model);
    const report = reports ? emit : undefined;
    const answer = await started().scheduler.run(handle, request, signal, report);
    transfer.push(...answer.attachments);
    return answer;
  },
  unload({ model }) {
    const { handle, release } = loadedModel(model);
    models.delete(model);
    release();
    guarded(() => started().module.engine.deleteModel(handle));
    return null;
  },
  beginExport({ model }) {
    const { handle, files } = loadedModel(model);
    const bytes = guarded(() => started().module.engine.beginExport(handle));
    return { bytes, files: [...(files ?? [])].map(([name, content]) => ({ name, content })) };
  },
  readExport({ model }) {
    return readExport(started().module, loadedModel(model).handle);
  },
  memory() {
    const { engine } = started().module;
    return JSON.parse(guarded(() => engine.memoryUse())) as MemoryUse;
  },
  probe({ kind, size }) {
    const { engine } = started().module;
    // The first run makes the operands.
    guarded(() => engine.probe(kind, size));
    const start = performance.now();
    const work = guarded(() => engine.probe(kind, size));
    return { work, milliseconds: performance.now() - start };
  },
};

const scope = globalThis as unknown as {
  name?: string;
  postMessage: Send;
  onmessage: (event: { data: never }) => void;
};
const channel: PageChannel = new Channel<PageMethods, WorkerMethods>(
  (message, transfer = []) => scope.postMessage(message, transfer),
  handlers,
);

if (scope.name === poolName) joinPool();
else scope.onmessage = ({ data }) => channel.receive(data);
