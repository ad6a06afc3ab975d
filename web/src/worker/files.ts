// The bytes of a model's files, wherever the model is: served over http, in a folder of Node's
// file system, or handed over by the user. Files come in pieces; none is ever held whole here.
import { FolderSource } from './folder-source.js';
import { DirectorySource, DroppedSource } from './dropped-source.js';
import { direct, HttpSource, relayed } from './http-source.js';
import type { Source } from '../common/protocol.js';
import type { PageChannel } from './http-source.js';

export interface OpenedFile {
  /** Bytes, where known beforehand. */
  total: number | undefined;
  /** Where `chunks` begin: what was asked for, or 0. */
  offset: number;
  /** Identifies this very content; given only where the rest of it can be asked for later. */
  etag: string | undefined;
  /** The content, in pieces of any size that are valid until the next one is asked for. */
  chunks: AsyncIterable<Uint8Array>;
  /** To be called when the chunks are not read to their end. */
  close(): Promise<void>;
}

/** The rest of a file is wanted, if it is still the same. */
export interface Rest {
  offset: number;
  etag: string;
}

export interface OpenOptions {
  rest?: Rest | undefined;
  /** The store keeps the bytes, so that the browser's own cache need not. */
  kept?: boolean;
}

/** Opens files of one model. */
export interface FileSource {
  /** Whether asking for files costs no network. */
  readonly local: boolean;
  /** Whether only what is stored may be used. */
  readonly offline: boolean;
  /** What the store is to know the model by; undefined where it is not to be stored. */
  identify(): Promise<string | undefined>;
  /** Undefined where there is no such file. Throws network, model-incomplete. */
  open(name: string, signal: AbortSignal, options?: OpenOptions): Promise<OpenedFile | undefined>;
  /** Bytes of a file, without opening it; undefined where that cannot be told. */
  size(name: string, signal: AbortSignal): Promise<number | undefined>;
  /** Names of the files that lie in the folder itself, where that can be told. */
  list?(): Promise<string[]>;
  /** Where a file is, for messages. */
  locate(name: string): string;
}

export function openSource(source: Source, page: PageChannel): FileSource {
  switch (source.kind) {
    case 'folder':
      return new FolderSource(source.path);
    case 'http':
      return new HttpSource(source, source.relay ? relayed(page) : direct);
    case 'files':
      return new DroppedSource(source.label, source.files);
    case 'directory':
      return new DirectorySource(source.handle);
  }
}
