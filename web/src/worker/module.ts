// The WebAssembly module: its functions (wasm/bindings.cpp), and its start.
import { builtin, isNode } from '../common/platform.js';
import { DragomanError, messageOf } from '../common/errors.js';
import { FatalError } from '../common/channel.js';
import { usePool } from './pool.js';
import { errorCodes } from '../generated/errors.js';
import createSingle from 'dragoman:glue/single';
import createThreaded from 'dragoman:glue/threaded';
import type { ErrorCode } from '../common/errors.js';
import type { StartParams } from '../common/protocol.js';

/** What bindings.cpp exports. Handles and pointers are numbers; a throw has a `code`. */
export interface EngineModule {
  version(): string;
  selfTest(): boolean;
  /** Whether this form of the int8 product exists and is right here; if so it is used. */
  selectForm(name: string): boolean;
  configure(threads: number): void;
  allocate(bytes: number): number;
  release(pointer: number): void;
  createModel(spec: string): number;
  modelFileNames(model: number): string;
  addModelFile(model: number, name: string, pointer: number, length: number): void;
  /** JSON, an array: the files that an index given by addModelFile lists. */
  weightShards(model: number): string;
  beginWeights(model: number, name: string, bytes: number): void;
  feedWeights(model: number, pointer: number, length: number): void;
  endWeights(model: number): void;
  /** JSON {"version", "regions": [[address, bytes], …]}. */
  headBytes(model: number): number;
  packedRegions(model: number): string;
  adoptPacked(model: number): void;
  finishModel(model: number): string;
  /** Begins to write the weights as a safetensors file; returns its bytes. */
  beginExport(model: number): number;
  /** Its next bytes, into memory; returns how many, 0 at the end. */
  readExport(model: number, pointer: number, length: number): number;
  deleteModel(model: number): void;
  startJob(model: number, request: string): number;
  stepJob(job: number, seconds: number): boolean;
  jobProgress(job: number): string;
  jobResult(job: number): string;
  /** JSON [[address, bytes], …]: arrays that the result names by index. */
  jobAttachments(job: number): string;
  cancelJob(job: number): void;
  memoryUse(): string;
  probe(kind: string, size: number): number;
}

/** What the glue may be given; see INCOMING_MODULE_JS_API in cmake/wasm.cmake. */
export interface ModuleSettings {
  /** Threads to start beside the calling one. */
  poolSize?: number;
  instantiateWasm?: (
    imports: WebAssembly.Imports,
    receive: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ) => object;
  print?: (text: string) => void;
  printErr?: (text: string) => void;
}

type CreateModule = (settings: ModuleSettings) => Promise<EngineModule>;

/** A module that runs, and its memory. */
export interface RunningModule {
  engine: EngineModule;
  memory: WebAssembly.Memory;
}

async function compile(url: string): Promise<WebAssembly.Module> {
  if (isNode() && url.startsWith('file:')) {
    return WebAssembly.compile(await builtin('node:fs').promises.readFile(new URL(url)));
  }
  const response = await fetch(url, { credentials: 'same-origin' });
  if (!response.ok) throw new Error(`HTTP status ${response.status}`);
  // Streaming needs the right type, which not every server sends.
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('application/wasm')) return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}

async function fetchModule(url: string): Promise<WebAssembly.Module> {
  try {
    return await compile(url);
  } catch (error) {
    throw new DragomanError('network', `${url} could not be loaded: ${messageOf(error)}`);
  }
}

// Threaded modules import their memory, the others export it.
function findMemory(...tables: WebAssembly.ModuleImports[]): WebAssembly.Memory {
  for (const value of tables.flatMap((table) => Object.values(table))) {
    if (value instanceof WebAssembly.Memory) return value;
  }
  throw new DragomanError('internal', 'The WebAssembly module has no memory.');
}

/** Loads and starts a module with its threads. Throws network, internal. */
export async function startModule({
  variant,
  poolPorts,
  wasmUrl,
}: StartParams): Promise<RunningModule> {
  const compiled = await fetchModule(wasmUrl);
  const create: CreateModule = variant.endsWith('-mt') ? createThreaded : createSingle;
  usePool(poolPorts);
  let memory: WebAssembly.Memory | undefined;
  const engine = await new Promise<EngineModule>((resolve, reject) => {
    const settings: ModuleSettings = {
      poolSize: poolPorts.length,
      instantiateWasm: (imports, receive) => {
        WebAssembly.instantiate(compiled, imports).then((instance) => {
          memory = findMemory(...Object.values(imports), instance.exports as never);
          receive(instance, compiled);
        }, reject);
        return {};
      },
      // What the engine has to say comes in its errors.
      print: () => {},
      printErr: () => {},
    };
    create(settings).then(resolve, reject);
  });
  if (memory === undefined)
    throw new DragomanError('internal', 'The module started without memory.');
  return { engine, memory };
}

function isErrorCode(code: unknown): code is ErrorCode {
  return (errorCodes as readonly unknown[]).includes(code);
}

// After a trap the module's state cannot be trusted; nothing may enter it again, not even to free
// what it holds. There is one module in a worker, and the page ends a worker that is lost.
let lost: FatalError | undefined;

/**
 * Runs calls into the module. What C++ throws arrives as an error with a code; anything else is a
 * trap or an exhausted stack, and the end of the module: all later calls throw the same.
 */
export function guarded<Result>(body: () => Result): Result {
  if (lost !== undefined) throw lost;
  try {
    return body();
  } catch (error) {
    const code = (error as { code?: unknown } | undefined)?.code;
    if (isErrorCode(code)) throw new DragomanError(code, messageOf(error));
    lost = new FatalError('internal', `The engine failed: ${messageOf(error)}`);
    throw lost;
  }
}
