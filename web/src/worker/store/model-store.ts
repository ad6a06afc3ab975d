// The weight store as the worker uses it: whether there is one, a model written to it, a model
// read from it.
import { chunksOf, pieceBytes } from '../../common/store/records.js';
import { DragomanError } from '../../common/errors.js';
import { isNode } from '../../common/platform.js';
import { openStore } from '../../common/store/open.js';
import { storeFormat } from '../../common/store/records.js';
import { canDigest, sha256Hex } from './digest.js';
import { openLocks } from './locks.js';
import { eachInFlight } from './packed.js';
import { Space } from './space.js';
import type {
  ChunkEntry,
  Manifest,
  ModelRecord,
  PartialRecord,
  StoreBackend,
  StoredFile,
  WeightFile,
} from '../../common/store/records.js';
import type { Locks } from './locks.js';
import type { PackedImage } from './packed.js';

// Reading, checking and copying overlap; more would only take memory.
const inFlight = 4;

// Chromium deletes the files behind large values about two seconds after the last transaction.
const settlingMilliseconds = 3_000;

/** What names a model in the store. */
export type ModelIdentity = Omit<ModelRecord, 'format' | 'created'>;

/** A model that is complete in memory. */
export interface CompleteModel {
  image: PackedImage;
  /** All but the weights. */
  files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  weights: WeightFile[];
}

export class ModelStore {
  readonly backend: StoreBackend;
  readonly locks: Locks;
  readonly space: Space;

  private constructor(backend: StoreBackend, locks: Locks) {
    this.backend = backend;
    this.locks = locks;
    this.space = new Space(backend, locks, isNode() ? 0 : settlingMilliseconds);
  }

  /** @returns the store, or why there is none */
  static open(folder: string | undefined): ModelStore | string {
    if (!canDigest()) return 'pages must come over https for that';
    const backend = openStore(folder);
    const locks = openLocks(folder ?? '');
    if (backend === undefined || locks === undefined) return 'the browser offers no storage';
    return new ModelStore(backend, locks);
  }

  /** What a download begins with. */
  fresh(identity: ModelIdentity): PartialRecord {
    const now = Date.now();
    return { ...identity, format: storeFormat, created: now, updated: now, files: [] };
  }

  /**
   * Reads a chunk. @returns undefined where it is missing, cannot be read, or is not what was
   * stored
   */
  async verified(key: string, entry: ChunkEntry): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = await this.backend.chunk(key, entry.id).catch(() => undefined);
    if (bytes?.length !== entry.bytes) return undefined;
    return (await sha256Hex(bytes)) === entry.sha256 ? bytes : undefined;
  }

  /**
   * Checks every chunk of a model. @param use is given each chunk that is good
   * @returns the ids of those
   */
  async readAll(
    manifest: Manifest,
    entries: readonly ChunkEntry[],
    use: (bytes: Uint8Array<ArrayBuffer>, index: number) => void,
    signal: AbortSignal,
  ): Promise<Set<string>> {
    const good = new Set<string>();
    await eachInFlight(entries.length, inFlight, async (index) => {
      signal.throwIfAborted();
      const entry = entries[index] as ChunkEntry;
      const bytes = await this.verified(manifest.key, entry);
      signal.throwIfAborted();
      if (bytes === undefined) return;
      good.add(entry.id);
      use(bytes, index);
    });
    return good;
  }

  /**
   * Writes a model, its manifest last. @param intact chunks that are stored already
   * @throws storage-quota, and what the platform throws
   */
  async save(
    identity: ModelIdentity,
    { image, files, weights }: CompleteModel,
    intact: ReadonlyMap<string, ChunkEntry>,
    signal: AbortSignal,
  ): Promise<void> {
    const put = async (id: string, bytes: Uint8Array<ArrayBuffer>): Promise<ChunkEntry> => {
      signal.throwIfAborted();
      const entry = { id, bytes: bytes.length, sha256: await sha256Hex(bytes) };
      if (intact.get(id)?.sha256 === entry.sha256) return entry;
      const { backend } = this;
      await this.space.write(identity.key, true, () => backend.putChunk(identity.key, id, bytes));
      return entry;
    };
    const stored: StoredFile[] = [];
    for (const [name, bytes] of files)
      stored.push({ name, chunk: await put(`file/${name}`, bytes) });
    const chunks: ChunkEntry[] = [];
    await eachInFlight(image.chunkCount, inFlight, async (index) => {
      chunks[index] = await put(`packed/${String(index).padStart(5, '0')}`, image.read(index));
    });
    const now = Date.now();
    const manifest: Manifest = {
      ...identity,
      format: storeFormat,
      created: now,
      last_used: now,
      pack_version: image.version,
      files: stored,
      weights,
      regions: image.sizes,
      chunks,
    };
    await this.#commit(manifest);
  }

  async #commit(manifest: Manifest): Promise<void> {
    let complete = false;
    await this.space.write(manifest.key, true, async () => {
      complete = await this.backend.commit(manifest);
    });
    if (!complete) throw new DragomanError('integrity', 'It was deleted while it was written.');
  }
}

/** The chunks that a damaged model still has, by id. */
export function intactChunks(manifest: Manifest, good: ReadonlySet<string>) {
  const entries = chunksOf(manifest).filter(({ id }) => good.has(id));
  return new Map(entries.map((entry) => [entry.id, entry]));
}

/** Whether a download of so many bytes is worth to be kept while it goes on. */
export async function worthKeeping(space: Space, bytes: number | undefined): Promise<boolean> {
  return space.has((bytes ?? 0) + pieceBytes);
}
