// A model as a folder to be published, with its weights quantised beforehand: what
// `dragoman pack` writes.
import { engineFor, LoadedModel } from './engine.js';
import { DragomanError } from './common/errors.js';
import { resolveModel } from './models.js';
import { canonicalDtype, shown } from './options.js';
import { executions } from './variant.js';
import type { ModelInfo } from './common/protocol.js';
import type { ModelSource } from './models.js';
import type { ProgressEvent } from './options.js';

export interface PackOptions {
  /** Only `int8` (the default, also called `q8`). */
  dtype?: string | undefined;
  /** Branch, tag or commit on the hub. */
  revision?: string | undefined;
  signal?: AbortSignal | undefined;
  progress_callback?: ((event: ProgressEvent) => void) | undefined;
}

export interface PackedModel {
  readonly info: ModelInfo;
  /** Every file of the folder but the weights, by name. */
  readonly files: Map<string, Uint8Array<ArrayBuffer>>;
  /** Size of model.safetensors, which weights() gives. */
  readonly weightBytes: number;
  /** The weight file from its beginning, piece by piece. */
  weights(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;
  /** Frees the model. */
  dispose(): Promise<void>;
}

// A model is for one of these; config.json, read first, tells which. Of any encoder there are
// features, so that they come last.
const tasks = [
  'translation',
  'text-classification',
  'token-classification',
  'question-answering',
  'fill-mask',
  'feature-extraction',
];

// As compressed-tensors describes weights of 8 bits with a scale per row and nothing else.
const quantization = {
  quant_method: 'compressed-tensors',
  format: 'int-quantized',
  quantization_status: 'compressed',
  config_groups: {
    group_0: {
      targets: ['Linear', 'Embedding'],
      weights: {
        num_bits: 8,
        type: 'int',
        symmetric: true,
        strategy: 'channel',
        dynamic: false,
      },
      input_activations: null,
      output_activations: null,
    },
  },
  ignore: [],
};

function quantizedConfig(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const config = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  // What is not quantised is f32, whatever it was.
  for (const key of ['torch_dtype', 'dtype']) if (key in config) config[key] = 'float32';
  config['quantization_config'] = quantization;
  return new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`);
}

async function loadAny(model: ModelSource, options: PackOptions): Promise<LoadedModel> {
  const { revision, signal, progress_callback: onEvent } = options;
  const engine = engineFor(executions({ threads: 1 }));
  let failure: unknown;
  for (const task of tasks) {
    const { name, sources, file } = resolveModel(task, model, { revision });
    // The store keeps packed weights, not what was published; so the source is read.
    const store = { enabled: false, folder: undefined };
    const spec = { task, dtype: 'int8' as const, name, sources, file, store, keepFiles: true };
    try {
      return await LoadedModel.load(engine, spec, { signal, onEvent });
    } catch (error) {
      if ((error as { code?: string }).code !== 'unsupported-model') throw error;
      failure ??= error;
    }
  }
  throw failure;
}

/**
 * Loads a model and quantises it. What the result has of weights is packed, loaded again, into
 * the same bytes: its answers are those of the source under the same dtype.
 *
 * @param model hub id, folder or URL
 * @throws unsupported-option for a dtype that weights are not written in; what loading throws
 */
export async function packModel(
  model: ModelSource,
  options: PackOptions = {},
): Promise<PackedModel> {
  const { dtype = 'int8' } = options;
  if (canonicalDtype(dtype) !== 'int8') {
    throw new DragomanError(
      'unsupported-option',
      `Models are packed as int8 only, not as ${shown(dtype)}.`,
    );
  }
  const loaded = await loadAny(model, options);
  try {
    const { bytes, files } = await loaded.beginExport();
    const changed = files.map(({ name, content }): [string, Uint8Array<ArrayBuffer>] => {
      return [name, name === 'config.json' ? quantizedConfig(content) : content];
    });
    return {
      info: loaded.info,
      files: new Map(changed),
      weightBytes: bytes,
      weights: () => readAll(loaded, options.signal),
      dispose: () => loaded.dispose(),
    };
  } catch (error) {
    await loaded.dispose();
    throw error;
  }
}

async function* readAll(loaded: LoadedModel, signal: AbortSignal | undefined) {
  // From the beginning, however far another reader came.
  await loaded.beginExport();
  for (;;) {
    signal?.throwIfAborted();
    const piece = await loaded.readExport();
    if (piece === null) return;
    yield piece;
  }
}
