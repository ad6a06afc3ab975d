// Models in folders of Node's file system.
import { builtin, isNode } from '../common/platform.js';
import { DragomanError, messageOf } from '../common/errors.js';
import type { FileSource, OpenedFile } from './files.js';

const pieceBytes = 1 << 20;

export class FolderSource implements FileSource {
  readonly local = true;
  readonly offline = false;
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  locate(name: string): string {
    return builtin('node:path').join(this.#path, name);
  }

  // What lies in a folder needs no second copy, and may change there.
  identify(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  list(): Promise<string[]> {
    const { readdir } = builtin('node:fs').promises;
    return readdir(this.#path).catch(() => []);
  }

  async size(name: string): Promise<number | undefined> {
    const { stat } = builtin('node:fs').promises;
    return (await stat(this.locate(name)).catch(() => undefined))?.size;
  }

  async open(name: string, signal: AbortSignal): Promise<OpenedFile | undefined> {
    if (!isNode()) {
      throw new DragomanError('unsupported-browser', 'Pages cannot read the file system.');
    }
    const path = this.locate(name);
    try {
      const file = await builtin('node:fs').promises.open(path);
      const { size } = await file.stat();
      const chunks = readPieces(file, path, signal);
      return { total: size, offset: 0, etag: undefined, chunks, close: () => file.close() };
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw new DragomanError('model-incomplete', `${path} cannot be read: ${messageOf(error)}`);
    }
  }
}

interface NodeFile {
  read(buffer: Uint8Array, offset: number, length: number): Promise<{ bytesRead: number }>;
}

async function* readPieces(file: NodeFile, path: string, signal: AbortSignal) {
  const buffer = new Uint8Array(pieceBytes);
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, pieceBytes).catch((error: unknown) => {
      throw new DragomanError('model-incomplete', `${path} cannot be read: ${messageOf(error)}`);
    });
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}
