// What the weight store keeps, and what a place that keeps it must be able to do. IndexedDB
// (indexed-db.ts) and Node's file system (file-system.ts) are such places.
import type { Dtype } from '../protocol.js';

/** Bytes of one chunk of packed weights; the last one of a model is shorter. */
export const chunkBytes = 4 << 20;

/**
 * Bytes of one piece of a download. What was received but not yet stored is fetched again after a
 * kill, so pieces are smaller than chunks: all that are under way together make less than one.
 */
export const pieceBytes = 1 << 20;

/** The form of these records; others are not understood and count as absent. */
export const storeFormat = 1;

/** A stored run of bytes, named within its model. */
export interface ChunkEntry {
  id: string;
  bytes: number;
  /** In hexadecimal. */
  sha256: string;
}

/** A file that is kept as it came: configuration, tokenizer. */
export interface StoredFile {
  name: string;
  chunk: ChunkEntry;
}

/** What a weight file was when it was packed; its own bytes are not kept. */
export interface WeightFile {
  name: string;
  bytes: number;
  etag?: string | undefined;
}

/** What the records of a model have in common. */
export interface ModelRecord {
  format: typeof storeFormat;
  /** `source` and `dtype`. */
  key: string;
  /** As the user named it when it was stored. */
  name: string;
  /** Address of the folder, with the revision; of dropped files, their name and a hash. */
  source: string;
  revision?: string | undefined;
  dtype: Dtype;
  /** Milliseconds since 1970. */
  created: number;
}

/** A complete model. */
export interface Manifest extends ModelRecord {
  pack_version: number;
  files: StoredFile[];
  weights: WeightFile[];
  /** Bytes of each packed region, in the engine's order. */
  regions: number[];
  /** The regions one after the other, cut into chunks. */
  chunks: ChunkEntry[];
  last_used: number;
}

/** A file of a download that is not complete. Its pieces are named by `pieceId`. */
export interface PartialFile {
  name: string;
  /** Strong ones only; without one, a file is of use only when it is `complete`. */
  etag?: string | undefined;
  /** Bytes; known where the server said so, and of complete files. */
  total?: number | undefined;
  complete: boolean;
}

/** A download that was begun. */
export interface PartialRecord extends ModelRecord {
  /** When it was last begun or continued. */
  updated: number;
  files: PartialFile[];
}

/** The id under which piece `index` of a download's file lies among the chunks. */
export function pieceId(file: string, index: number): string {
  return `${piecePrefix}${file}/${String(index).padStart(6, '0')}`;
}

/** What the ids of all pieces, and of nothing else, begin with. */
export const piecePrefix = 'raw/';

/** All chunks a manifest names. */
export function chunksOf(manifest: Manifest): ChunkEntry[] {
  return [...manifest.files.map(({ chunk }) => chunk), ...manifest.chunks];
}

/** Bytes a complete model takes. */
export function manifestBytes(manifest: Manifest): number {
  return chunksOf(manifest).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Bytes an unfinished download takes. @param ids of its pieces */
export function partialBytes({ files }: PartialRecord, ids: readonly string[]): number {
  return files.reduce((sum, { name, complete, total = 0 }) => {
    if (complete) return sum + total;
    const count = ids.filter((id) => id.startsWith(`${piecePrefix}${name}/`)).length;
    return sum + count * pieceBytes;
  }, 0);
}

/** Whether a stored value is one of our records, of the form we know. */
export function isRecord(value: unknown): value is ModelRecord {
  const record = value as Partial<ModelRecord> | undefined;
  return record?.format === storeFormat && typeof record.key === 'string';
}

/** A place where models are kept. Everything is by the model's key. */
export interface StoreBackend {
  manifests(): Promise<Manifest[]>;
  partials(): Promise<PartialRecord[]>;
  manifest(key: string): Promise<Manifest | undefined>;
  partial(key: string): Promise<PartialRecord | undefined>;
  /** Notes a use of a complete model. */
  touch(key: string): Promise<void>;
  putPartial(record: PartialRecord): Promise<void>;
  /** Ids of chunks that begin with `prefix`, sorted. */
  chunkIds(key: string, prefix: string): Promise<string[]>;
  chunk(key: string, id: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  putChunk(key: string, id: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /**
   * Makes a model complete, at once or not at all: writes its manifest, and deletes what the
   * manifest does not name. @returns false where a chunk it names is not there; nothing is
   * written then.
   */
  commit(manifest: Manifest): Promise<boolean>;
  /** Deletes the bytes of an unfinished download. */
  deletePieces(key: string): Promise<void>;
  /** Deletes an unfinished download; a complete model under the same key stays. */
  deletePartial(key: string): Promise<void>;
  /** Deletes all of a model. */
  delete(key: string): Promise<void>;
  clear(): Promise<void>;
}
