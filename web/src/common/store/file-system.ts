// The store in a folder of Node's file system: a folder for each model, in it `manifest.json`,
// `partial.json` and a file for each chunk. Files are written under another name and renamed, so
// that none is ever there in part.
import { builtin } from '../platform.js';
import { chunksOf, isRecord, piecePrefix } from './records.js';
import type { Manifest, ModelRecord, PartialRecord, StoreBackend } from './records.js';

const manifestName = 'manifest.json';
const partialName = 'partial.json';

// Chunk ids hold slashes; no file of another kind begins like this.
const chunkName = (id: string) => `chunk-${encodeURIComponent(id)}`;
const chunkIdOf = (name: string) => decodeURIComponent(name.slice('chunk-'.length));

/** Where models are kept unless told otherwise. */
export function defaultCacheFolder(): string {
  const { join } = builtin('node:path');
  const { XDG_CACHE_HOME: cache } = process.env;
  const base = cache
    ? join(cache, 'dragoman')
    : join(builtin('node:os').homedir(), '.cache/dragoman');
  return join(base, 'models');
}

function isMissing(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === 'ENOENT' || code === 'ENOTDIR';
}

const ignoreMissing = (error: unknown) => {
  if (!isMissing(error)) throw error;
  return undefined;
};

let lastTemporary = 0;

export class FileSystemStore implements StoreBackend {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async manifests(): Promise<Manifest[]> {
    const records = await this.#records<Manifest>(manifestName);
    return records.filter((record) => record !== undefined);
  }

  async partials(): Promise<PartialRecord[]> {
    const records = await this.#records<PartialRecord>(partialName);
    return records.filter((record) => record !== undefined);
  }

  manifest(key: string): Promise<Manifest | undefined> {
    return this.#record<Manifest>(this.#folderOf(key), manifestName);
  }

  partial(key: string): Promise<PartialRecord | undefined> {
    return this.#record<PartialRecord>(this.#folderOf(key), partialName);
  }

  // The file's own time tells the last use: rewriting it could undo what another process wrote.
  async touch(key: string): Promise<void> {
    const now = new Date();
    await this.#fs.utimes(this.#path(key, manifestName), now, now).catch(ignoreMissing);
  }

  async putPartial(record: PartialRecord): Promise<void> {
    await this.#write(record.key, partialName, JSON.stringify(record));
  }

  async chunkIds(key: string, prefix: string): Promise<string[]> {
    const ids = (await this.#names(key)).filter((name) => name.startsWith('chunk-'));
    return ids
      .map(chunkIdOf)
      .filter((id) => id.startsWith(prefix))
      .sort();
  }

  async chunk(key: string, id: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = await this.#fs.readFile(this.#path(key, chunkName(id))).catch(ignoreMissing);
    return bytes && new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
  }

  async putChunk(key: string, id: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#write(key, chunkName(id), bytes);
  }

  async commit(manifest: Manifest): Promise<boolean> {
    const { key } = manifest;
    const named = new Set(chunksOf(manifest).map(({ id }) => chunkName(id)));
    const present = await this.#names(key);
    if (present.filter((name) => named.has(name)).length < named.size) return false;
    await this.#write(key, manifestName, JSON.stringify(manifest, undefined, 1));
    // Also what a process that was killed left half written.
    const others = present.filter((name) => !named.has(name) && name !== manifestName);
    await Promise.all(others.map((name) => this.#remove(this.#path(key, name))));
    return true;
  }

  async deletePieces(key: string): Promise<void> {
    const pieces = await this.chunkIds(key, piecePrefix);
    await Promise.all(pieces.map((id) => this.#remove(this.#path(key, chunkName(id)))));
  }

  async deletePartial(key: string): Promise<void> {
    if ((await this.manifest(key)) === undefined) return this.delete(key);
    // The record goes first: pieces without one are not looked at.
    await this.#remove(this.#path(key, partialName));
    await this.deletePieces(key);
  }

  async delete(key: string): Promise<void> {
    await this.#remove(this.#path(key, manifestName));
    await this.#remove(this.#path(key));
  }

  async clear(): Promise<void> {
    const names = await this.#fs.readdir(this.#folder).catch(ignoreMissing);
    // Only what is ours: the folder may have been chosen by the user.
    for (const name of names ?? []) {
      const path = builtin('node:path').join(this.#folder, name);
      const records = [manifestName, partialName].map((file) => this.#record(path, file));
      if ((await Promise.all(records)).some((record) => record)) await this.#remove(path);
    }
  }

  get #fs() {
    return builtin('node:fs').promises;
  }

  // Readable for people, and different for every key.
  #folderOf(key: string): string {
    const hash = builtin('node:crypto').createHash('sha256').update(key).digest('hex');
    const readable = key.replace(/^\w+:\/\//, '').replaceAll(/[^\w.-]+/g, '-');
    const name = `${readable.slice(-80).replace(/^[-.]+/, '')}-${hash.slice(0, 16)}`;
    return builtin('node:path').join(this.#folder, name);
  }

  #path(key: string, ...names: string[]): string {
    return builtin('node:path').join(this.#folderOf(key), ...names);
  }

  async #names(key: string): Promise<string[]> {
    return (await this.#fs.readdir(this.#folderOf(key)).catch(ignoreMissing)) ?? [];
  }

  async #records<Kind extends ModelRecord>(file: string): Promise<(Kind | undefined)[]> {
    const names = (await this.#fs.readdir(this.#folder).catch(ignoreMissing)) ?? [];
    const { join } = builtin('node:path');
    return Promise.all(names.map((name) => this.#record<Kind>(join(this.#folder, name), file)));
  }

  // What cannot be read as a record is as good as absent.
  async #record<Kind extends ModelRecord>(folder: string, file: string): Promise<Kind | undefined> {
    const path = builtin('node:path').join(folder, file);
    const text = await this.#fs.readFile(path, 'utf8').catch(ignoreMissing);
    if (text === undefined) return undefined;
    try {
      const value: unknown = JSON.parse(text);
      if (!isRecord(value)) return undefined;
      const { mtimeMs } = await this.#fs.stat(path);
      return file === manifestName
        ? ({ ...value, last_used: Math.round(mtimeMs) } as unknown as Kind)
        : (value as Kind);
    } catch {
      return undefined;
    }
  }

  async #write(key: string, name: string, data: string | Uint8Array): Promise<void> {
    const folder = this.#folderOf(key);
    await this.#fs.mkdir(folder, { recursive: true });
    const { threadId } = builtin('node:worker_threads');
    const path = builtin('node:path').join(folder, name);
    const temporary = `${path}.${process.pid}-${threadId}-${++lastTemporary}.tmp`;
    try {
      await this.#fs.writeFile(temporary, data);
      await this.#fs.rename(temporary, path);
    } catch (error) {
      await this.#remove(temporary).catch(() => {});
      throw error;
    }
  }

  async #remove(path: string): Promise<void> {
    await this.#fs.rm(path, { recursive: true, force: true });
  }
}
