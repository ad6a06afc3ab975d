// Loads a model from the store: no network, no parsing of weights, no quantising. Every byte is
// checked on its way.
import { EngineModel } from './engine-model.js';
import { intactChunks } from './store/model-store.js';
import type { ChunkEntry, Manifest } from '../common/store/records.js';
import type { ModelInfo } from '../common/protocol.js';
import type { ModelSpec } from './engine-model.js';
import type { RunningModule } from './module.js';
import type { LoadProgress } from './progress.js';
import type { ModelStore } from './store/model-store.js';
import type { PackedImage } from './store/packed.js';

const config = 'config.json';

/** Why a stored model cannot be used. */
export interface Damage {
  manifest: Manifest;
  reason: string;
  /** Chunks that need not be written again. */
  intact: Map<string, ChunkEntry>;
}

export type StoredLoad = { model: EngineModel; info: ModelInfo } | Damage;

/** What both ways of loading are given. */
export interface LoadContext {
  module: RunningModule;
  spec: ModelSpec;
  progress: LoadProgress;
  signal: AbortSignal;
  /** The one file that is the model, where it was named. */
  file?: string | undefined;
}

// The image of another version of the package, or of other code, has other regions.
function fits(manifest: Manifest, image: PackedImage): boolean {
  const { sizes } = image;
  return (
    manifest.pack_version === image.version &&
    manifest.chunks.length === image.chunkCount &&
    manifest.regions.length === sizes.length &&
    manifest.regions.every((size, i) => size === sizes[i])
  );
}

/** @throws what the engine says of the files; the signal's reason */
export async function loadStored(
  store: ModelStore,
  manifest: Manifest,
  context: LoadContext,
): Promise<StoredLoad> {
  const { module, spec, progress, signal } = context;
  const outdated = (): Damage => ({
    manifest,
    reason: 'was made by another version of the package',
    intact: new Map(),
  });
  const damaged = (good: Set<string>): Damage => ({
    manifest,
    reason: 'is damaged',
    intact: intactChunks(manifest, good),
  });
  const files: Uint8Array[] = [];
  const entries = manifest.files.map(({ chunk }) => chunk);
  const good = await store.readAll(manifest, entries, (bytes, i) => (files[i] = bytes), signal);
  const model = new EngineModel(module, spec);
  try {
    const filesGood = good.size === entries.length;
    if (filesGood) addFiles(model, manifest, files, progress);
    const image = filesGood ? model.packed() : undefined;
    if (image && !fits(manifest, image)) {
      model.delete();
      return outdated();
    }
    // Where a file is damaged, this still finds out which chunks need not be written again.
    const weights = manifest.weights[0]?.name ?? 'weights';
    const account = image?.bytes ? progress.file(weights, image.bytes, true) : undefined;
    account?.begin();
    progress.sizesAsked();
    const use = (bytes: Uint8Array, index: number) => {
      image?.write(index, bytes);
      account?.add(bytes.length);
    };
    const goodChunks = await store.readAll(manifest, manifest.chunks, use, signal);
    if (image && goodChunks.size === manifest.chunks.length) {
      account?.end();
      model.adoptPacked();
      return { model, info: model.finish() };
    }
    model.delete();
    return damaged(new Set([...good, ...goodChunks]));
  } catch (error) {
    model.delete(error);
    throw error;
  }
}

function addFiles(
  model: EngineModel,
  manifest: Manifest,
  files: readonly Uint8Array[],
  progress: LoadProgress,
): void {
  // config.json decides what the engine does with the others.
  const order = manifest.files.map(({ name }, index) => ({ name, index }));
  order.sort((a, b) => Number(b.name === config) - Number(a.name === config));
  for (const { name, index } of order) {
    const bytes = files[index] as Uint8Array;
    const account = progress.file(name, bytes.length, true);
    account.begin();
    model.addFile(name, bytes);
    account.add(bytes.length);
    account.end();
  }
}
