// A download while it is under way: its bytes are kept in pieces, so that after a kill only what
// had not been kept is fetched again. Bytes are kept as they came, before any parsing: so this
// serves every format, and no state of a parser need be kept.
import { pieceBytes, pieceId, piecePrefix } from '../../common/store/records.js';
import { sha256 } from './digest.js';
import type { PartialFile, PartialRecord, StoreBackend } from '../../common/store/records.js';
import type { Space } from './space.js';

const digestBytes = 32;
// Together with the piece being filled, less than one chunk is in memory only.
const mostWrites = 2;

/** What an answer said of a file. */
export interface FileHead {
  etag: string | undefined;
  total: number | undefined;
}

export class Recorder {
  readonly #backend: StoreBackend;
  readonly #space: Space;
  readonly #record: PartialRecord;
  readonly #onFailure: (error: unknown) => void;
  readonly #ids: ReadonlySet<string>;
  readonly #writes = new Set<Promise<void>>();
  #active = true;
  #changed = false;
  #updating: Promise<void> | undefined;

  private constructor(
    backend: StoreBackend,
    space: Space,
    record: PartialRecord,
    ids: string[],
    onFailure: (error: unknown) => void,
  ) {
    this.#backend = backend;
    this.#space = space;
    this.#record = record;
    this.#ids = new Set(ids);
    this.#onFailure = onFailure;
  }

  /** @param fresh what to begin with where nothing is stored */
  static async open(
    backend: StoreBackend,
    space: Space,
    fresh: PartialRecord,
    onFailure: (error: unknown) => void,
  ): Promise<Recorder> {
    const found = await backend.partial(fresh.key);
    const ids = found === undefined ? [] : await backend.chunkIds(fresh.key, piecePrefix);
    return new Recorder(backend, space, found ?? fresh, ids, onFailure);
  }

  /** What is there of a file, from its beginning; undefined where that is of no use. */
  stored(name: string): (PartialFile & { bytes: number; total: number }) | undefined {
    const file = this.#record.files.find((entry) => entry.name === name);
    if (file?.total === undefined || (!file.complete && file.etag === undefined)) return undefined;
    let count = 0;
    while (this.#ids.has(pieceId(name, count))) count++;
    const bytes = Math.min(file.total, count * pieceBytes);
    // Of a complete file every piece was stored before it was called so.
    if (bytes === 0 || (file.complete && bytes < file.total)) return undefined;
    return { ...file, total: file.total, bytes };
  }

  /** A stored piece; undefined where it is missing or not what was stored. */
  async piece(name: string, index: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const stored = await this.#backend.chunk(this.#record.key, pieceId(name, index));
    if (stored === undefined || stored.length <= digestBytes) return undefined;
    const bytes = stored.subarray(digestBytes);
    const digest = await sha256(bytes);
    return digest.every((byte, i) => byte === stored[i]) ? bytes : undefined;
  }

  /** Notes a file whose bytes will follow from `offset`, a multiple of pieceBytes. */
  begin(name: string, head: FileHead, offset: number): FileRecorder {
    const old = this.#record.files.findIndex((file) => file.name === name);
    const file: PartialFile = { name, ...head, complete: false };
    if (old >= 0) this.#record.files[old] = file;
    else this.#record.files.push(file);
    this.#start(this.#update());
    return new FileRecorder(this, file, offset);
  }

  /** Writes a piece, which begins with room for its digest. Waits while too many are written. */
  async write(file: PartialFile, index: number, piece: Uint8Array<ArrayBuffer>): Promise<void> {
    while (this.#active && this.#writes.size >= mostWrites) await Promise.race(this.#writes);
    if (this.#active) this.#start(this.#store(file, index, piece));
  }

  /** Notes a file of which every byte was given. */
  async complete(file: PartialFile, total: number): Promise<void> {
    await this.settle();
    if (!this.#active) return;
    file.total = total;
    file.complete = true;
    this.#start(this.#update());
  }

  /** Waits for all writes. */
  async settle(): Promise<void> {
    await Promise.all(this.#writes);
  }

  /** Keeps no more; what is kept stays. */
  stop(error?: unknown): void {
    if (!this.#active) return;
    this.#active = false;
    if (error !== undefined) this.#onFailure(error);
  }

  get active(): boolean {
    return this.#active;
  }

  async #store(file: PartialFile, index: number, piece: Uint8Array<ArrayBuffer>): Promise<void> {
    piece.set(await sha256(piece.subarray(digestBytes)));
    const { key } = this.#record;
    const id = pieceId(file.name, index);
    await this.#space.write(key, false, () => this.#backend.putChunk(key, id, piece));
  }

  // One write at a time: an older state must not come after a newer one.
  #update(): Promise<void> {
    this.#changed = true;
    this.#updating ??= this.#putRecord().finally(() => (this.#updating = undefined));
    return this.#updating;
  }

  async #putRecord(): Promise<void> {
    while (this.#changed && this.#active) {
      this.#changed = false;
      this.#record.updated = Date.now();
      const record = structuredClone(this.#record);
      await this.#space.write(record.key, false, () => this.#backend.putPartial(record));
    }
  }

  #start(write: Promise<void>): void {
    const writing = write
      .catch((error: unknown) => this.stop(error))
      .finally(() => this.#writes.delete(writing));
    this.#writes.add(writing);
  }
}

/** Cuts the bytes of one file into pieces. */
export class FileRecorder {
  readonly #recorder: Recorder;
  readonly #file: PartialFile;
  #piece: Uint8Array<ArrayBuffer> | undefined;
  #filled = 0;
  #offset: number;

  constructor(recorder: Recorder, file: PartialFile, offset: number) {
    this.#recorder = recorder;
    this.#file = file;
    this.#offset = offset;
  }

  async add(bytes: Uint8Array): Promise<void> {
    for (let start = 0; start < bytes.length && this.#recorder.active;) {
      this.#piece ??= new Uint8Array(digestBytes + pieceBytes);
      const part = bytes.subarray(start, start + pieceBytes - this.#filled);
      this.#piece.set(part, digestBytes + this.#filled);
      this.#filled += part.length;
      start += part.length;
      if (this.#filled === pieceBytes) await this.#flush();
    }
  }

  /** After the last byte. */
  async end(): Promise<void> {
    if (this.#filled > 0) await this.#flush();
    await this.#recorder.complete(this.#file, this.#offset);
  }

  async #flush(): Promise<void> {
    const piece = this.#piece as Uint8Array<ArrayBuffer>;
    const length = this.#filled;
    const index = this.#offset / pieceBytes;
    this.#offset += length;
    this.#piece = undefined;
    this.#filled = 0;
    // A buffer of the very size: databases keep the whole of it.
    const exact = length === pieceBytes ? piece : piece.slice(0, digestBytes + length);
    await this.#recorder.write(this.#file, index, exact);
  }
}
