// Models that the user handed over: files dropped on the page or chosen in a dialogue, or the
// handle of a folder.
import { canDigest, sha256Hex } from './store/digest.js';
import { DragomanError, messageOf } from '../common/errors.js';
import type { NamedFile } from '../common/protocol.js';
import type { FileSource, OpenedFile } from './files.js';

const pieceBytes = 1 << 20;

interface Listed {
  name: string;
  size: number;
  lastModified: number;
}

/** The name of a set of files in the store: the same files are packed only once. */
async function identityOf(label: string, files: Listed[]): Promise<string | undefined> {
  if (!canDigest()) return undefined;
  const lines = files.map(({ name, size, lastModified }) => `${name}\n${size}\n${lastModified}\n`);
  const hash = await sha256Hex(new TextEncoder().encode(lines.sort().join('')));
  return `files:${encodeURIComponent(label)}:${hash.slice(0, 32)}`;
}

async function* readSlices(file: Blob, name: string, signal: AbortSignal) {
  for (let start = 0; start < file.size; start += pieceBytes) {
    signal.throwIfAborted();
    const slice = file.slice(start, start + pieceBytes);
    const buffer = await slice.arrayBuffer().catch((error: unknown) => {
      // Files that were changed or removed since are refused by the browser.
      throw new DragomanError('model-incomplete', `${name} cannot be read: ${messageOf(error)}`);
    });
    yield new Uint8Array(buffer);
  }
}

function opened(file: Blob, name: string, signal: AbortSignal): OpenedFile {
  return {
    total: file.size,
    offset: 0,
    etag: undefined,
    chunks: readSlices(file, name, signal),
    close: () => Promise.resolve(),
  };
}

export class DroppedSource implements FileSource {
  readonly local = true;
  readonly offline = false;
  readonly #label: string;
  readonly #files: readonly NamedFile[];

  /** @param files named relative to the model's folder */
  constructor(label: string, files: readonly NamedFile[]) {
    this.#label = label;
    this.#files = files;
  }

  locate(name: string): string {
    return `${this.#label}/${name}`;
  }

  identify(): Promise<string | undefined> {
    const listed = this.#files.map(({ name, file, lastModified }) => {
      return { name, size: file.size, lastModified };
    });
    return identityOf(this.#label, listed);
  }

  list(): Promise<string[]> {
    return Promise.resolve(this.#files.map(({ name }) => name));
  }

  async size(name: string): Promise<number | undefined> {
    return this.#files.find((entry) => entry.name === name)?.file.size;
  }

  async open(name: string, signal: AbortSignal): Promise<OpenedFile | undefined> {
    const found = this.#files.find((entry) => entry.name === name);
    return found && opened(found.file, this.locate(name), signal);
  }
}

/** What TypeScript's library does not say of it: it is iterable. */
type Folder = FileSystemDirectoryHandle & {
  values(): AsyncIterable<FileSystemHandle>;
};

export class DirectorySource implements FileSource {
  readonly local = true;
  readonly offline = false;
  readonly #handle: FileSystemDirectoryHandle;

  constructor(handle: FileSystemDirectoryHandle) {
    this.#handle = handle;
  }

  locate(name: string): string {
    return `${this.#handle.name}/${name}`;
  }

  async identify(): Promise<string | undefined> {
    const files: Listed[] = [];
    try {
      for await (const entry of (this.#handle as Folder).values()) {
        if (entry.kind !== 'file') continue;
        const { size, lastModified } = await (entry as FileSystemFileHandle).getFile();
        files.push({ name: entry.name, size, lastModified });
      }
    } catch (error) {
      throw unreadable(this.#handle.name, error);
    }
    return identityOf(this.#handle.name, files);
  }

  async list(): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of (this.#handle as Folder).values()) names.push(name);
    return names;
  }

  async size(name: string, signal: AbortSignal): Promise<number | undefined> {
    return (await this.open(name, signal))?.total;
  }

  async open(name: string, signal: AbortSignal): Promise<OpenedFile | undefined> {
    try {
      const path = name.split('/');
      const last = path.pop() as string;
      let folder = this.#handle;
      for (const part of path) folder = await folder.getDirectoryHandle(part);
      const file = await (await folder.getFileHandle(last)).getFile();
      return opened(file, this.locate(name), signal);
    } catch (error) {
      if ((error as { name?: string }).name === 'NotFoundError') return undefined;
      throw unreadable(this.locate(name), error);
    }
  }
}

// Permission to read a folder ends with the session it was given in, unless the user extends it.
function unreadable(what: string, error: unknown): DragomanError {
  return new DragomanError('model-incomplete', `${what} cannot be read: ${messageOf(error)}`);
}
