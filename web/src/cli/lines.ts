// Lines of files and of standard input, as they arrive.
import { createReadStream, promises as fs } from 'node:fs';

/** Some lines that arrived together, without their ends, and the bytes they took. */
export interface Lines {
  lines: string[];
  bytes: number;
}

const system: Record<string, string> = {
  ENOENT: 'no such file',
  EISDIR: 'is a directory',
  EACCES: 'permission denied',
};

/** Says what is wrong with a file in the words people know. */
export function fileError(path: string, error: unknown): Error {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new Error(`${path}: ${system[code] ?? message}`);
}

/**
 * Looks at the files before any work is done.
 *
 * @returns their size in bytes together; undefined where one has no size of its own
 * @throws Error for one that cannot be read
 */
export async function totalSize(files: string[]): Promise<number | undefined> {
  let total: number | undefined = 0;
  for (const path of files) {
    if (path === '-') {
      total = undefined;
      continue;
    }
    try {
      const stats = await fs.stat(path);
      if (stats.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
      await fs.access(path, fs.constants.R_OK);
      if (total !== undefined) total = stats.isFile() ? total + stats.size : undefined;
    } catch (error) {
      throw fileError(path, error);
    }
  }
  return total;
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

async function* readFile(path: string): AsyncGenerator<Lines> {
  const stream: AsyncIterable<Uint8Array> = path === '-' ? process.stdin : createReadStream(path);
  // Bytes that are no UTF-8 become U+FFFD; a byte order mark at the start is dropped.
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    yield { lines: parts.map(withoutReturn), bytes: chunk.length };
  }
  rest += decoder.decode();
  if (rest !== '') yield { lines: [withoutReturn(rest)], bytes: 0 };
}

/** The lines of all files, one after the other. */
export async function* readLines(files: string[]): AsyncGenerator<Lines> {
  for (const path of files) {
    try {
      yield* readFile(path);
    } catch (error) {
      throw fileError(path, error);
    }
  }
}
