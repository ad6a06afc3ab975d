// One file on its way in: what the store has of it first, the rest from its source. A connection
// that breaks is taken up again where it broke, if the server can.
import { abortReason, DragomanError, isAbort } from '../common/errors.js';
import { pieceBytes } from '../common/store/records.js';
import type { FileSource, OpenedFile } from './files.js';
import type { FileRecorder, Recorder } from './store/recorder.js';

// Pauses before a broken connection is taken up, while nothing more arrives. The first is short:
// most breaks are over at once.
const pauses = [50, 500, 2_000, 5_000];

/**
 * The source's files are other ones than those of which the beginning is stored, or was just
 * read: nothing of them is of use.
 */
export class SourceChanged extends Error {}

/** What a download needs to know besides its name. */
export interface DownloadContext {
  source: FileSource;
  signal: AbortSignal;
  /** Of the model as the user named it. */
  model: string;
  /** Where the bytes are kept while they arrive, if anywhere. */
  recorder: Recorder | undefined;
}

export interface Wanted {
  name: string;
  /** Its content is kept whole, whatever the server can. */
  small: boolean;
}

interface Found {
  total: number | undefined;
  etag?: string | undefined;
  /** Bytes that the store has. */
  stored: number;
  /** The rest; undefined where there is none. */
  file: OpenedFile | undefined;
}

export class Download {
  readonly name: string;
  /** Bytes, where known. */
  readonly total: number | undefined;
  /** Identifies the content; where known, and where it can be continued. */
  readonly etag: string | undefined;
  readonly #context: DownloadContext;
  readonly #small: boolean;
  readonly #stored: number;
  #file: OpenedFile | undefined;

  private constructor(context: DownloadContext, { name, small }: Wanted, found: Found) {
    this.#context = context;
    this.#small = small;
    this.name = name;
    this.total = found.total;
    this.etag = found.etag;
    this.#stored = found.stored;
    this.#file = found.file;
  }

  /**
   * Asks for a file, or for what the store has not of it.
   *
   * @returns undefined where there is no such file
   * @throws SourceChanged, network, model-incomplete
   */
  static async open(context: DownloadContext, wanted: Wanted): Promise<Download | undefined> {
    const { source, signal, recorder } = context;
    const stored = recorder?.stored(wanted.name);
    if (stored !== undefined && stored.bytes === stored.total) {
      return new Download(context, wanted, { ...stored, stored: stored.bytes, file: undefined });
    }
    const { etag } = stored ?? {};
    const rest = stored && etag ? { offset: stored.bytes, etag } : undefined;
    const kept = recorder !== undefined;
    const file = await source.open(wanted.name, signal, { rest, kept });
    // Where the server gave the whole although asked for the rest, it is read from its beginning.
    if (rest === undefined || (file !== undefined && file.etag === rest.etag)) {
      return file && new Download(context, wanted, { ...file, stored: file.offset, file });
    }
    await file?.close();
    throw new SourceChanged(`${source.locate(wanted.name)} has changed.`);
  }

  /** The content, in pieces that are valid until the next one is asked for. */
  async *bytes(): AsyncGenerator<Uint8Array> {
    const { recorder } = this.#context;
    let position = 0;
    while (position < this.#stored) {
      const piece = await recorder?.piece(this.name, position / pieceBytes);
      if (piece === undefined) break;
      position += piece.length;
      yield piece;
    }
    if (position < this.#stored) {
      // A piece was damaged. Its file is fetched from there, or everything anew.
      if (this.etag === undefined) throw this.#changed();
      await this.#continueAt(position);
    }
    const keeping = this.#record(position);
    for await (const bytes of this.#rest(position)) {
      // Kept before it is used: the pieces are ours until the next one is asked for.
      await keeping?.add(bytes);
      yield bytes;
    }
    await keeping?.end();
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  // Weights that cannot be continued are not worth the room. Small files are: all of them are
  // there before the weights are, and need not be asked for again.
  #record(position: number): FileRecorder | undefined {
    const { recorder } = this.#context;
    if (this.etag === undefined && !this.#small) return undefined;
    return recorder?.begin(this.name, { etag: this.etag, total: this.total }, position);
  }

  async *#rest(position: number): AsyncGenerator<Uint8Array> {
    let breaks = 0;
    while (this.#file !== undefined) {
      try {
        for await (const bytes of this.#file.chunks) {
          position += bytes.length;
          breaks = 0;
          yield bytes;
        }
        if (position >= (this.total ?? 0)) return;
        throw this.#endedEarly(position);
      } catch (error) {
        if ((error as { code?: string }).code !== 'network') throw error;
        await this.#file.close().catch(() => {});
        breaks = await this.#takeUp(position, breaks, error);
      }
    }
  }

  /** @returns how many attempts have failed so far. @throws `cause` when it is hopeless */
  async #takeUp(position: number, breaks: number, cause: unknown): Promise<number> {
    const { signal } = this.#context;
    for (let attempt = breaks; attempt < pauses.length && this.etag !== undefined; attempt++) {
      await pause(pauses[attempt] as number, signal);
      try {
        await this.#continueAt(position);
        return attempt + 1;
      } catch (error) {
        if (isAbort(error) || error instanceof SourceChanged) throw error;
      }
    }
    throw cause;
  }

  // Asks for the rest of what was begun. Nothing else will do: the beginning is in use already.
  async #continueAt(position: number): Promise<void> {
    await this.#file?.close();
    const { source, signal } = this.#context;
    const { etag } = this;
    const rest = etag === undefined || position === 0 ? undefined : { offset: position, etag };
    this.#file = await source.open(this.name, signal, { rest, kept: true });
    if (this.#file?.offset === position && (rest || this.#file.etag === etag)) return;
    const changed = this.#file?.etag !== etag || this.#file === undefined;
    await this.#file?.close();
    if (changed) throw this.#changed();
    throw new DragomanError('network', `${source.locate(this.name)} cannot be continued.`);
  }

  #changed(): SourceChanged {
    return new SourceChanged(`${this.#context.source.locate(this.name)} has changed.`);
  }

  #endedEarly(position: number): DragomanError {
    const { model } = this.#context;
    return new DragomanError(
      'network',
      `${this.name} of ${model} ended after ${position} of ${this.total} bytes.`,
    );
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(abortReason(signal));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', end);
      resolve();
    }, milliseconds);
    if (signal.aborted) return end();
    signal.addEventListener('abort', end, { once: true });
  });
}
