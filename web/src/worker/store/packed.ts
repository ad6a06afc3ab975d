// The packed weights of a model as one run of bytes, which lies in WebAssembly memory in many
// regions. Chunks of it are what the store keeps.
import { chunkBytes } from '../../common/store/records.js';

/** What the engine says of a model: [address, bytes] of each region. */
export interface PackedRegions {
  version: number;
  regions: [number, number][];
}

export class PackedImage {
  readonly version: number;
  readonly bytes: number;
  readonly #memory: WebAssembly.Memory;
  readonly #regions: readonly [number, number][];

  constructor(memory: WebAssembly.Memory, { version, regions }: PackedRegions) {
    this.version = version;
    this.#memory = memory;
    this.#regions = regions;
    this.bytes = regions.reduce((sum, [, length]) => sum + length, 0);
  }

  /** Bytes of each region. */
  get sizes(): number[] {
    return this.#regions.map(([, length]) => length);
  }

  get chunkCount(): number {
    return Math.ceil(this.bytes / chunkBytes);
  }

  /** Bytes of a chunk. */
  chunkSize(index: number): number {
    return Math.min(chunkBytes, this.bytes - index * chunkBytes);
  }

  /** A copy of a chunk, outside of the memory that threads may share. */
  read(index: number): Uint8Array<ArrayBuffer> {
    const copy = new Uint8Array(this.chunkSize(index));
    this.#visit(index, (place, offset) => copy.set(place, offset));
    return copy;
  }

  /** Puts a chunk in its place. */
  write(index: number, bytes: Uint8Array): void {
    this.#visit(index, (place, offset) => {
      place.set(bytes.subarray(offset, offset + place.length));
    });
  }

  // The parts of regions that chunk `index` consists of. Views of the memory are made anew, as it
  // may have grown since the last time.
  #visit(index: number, use: (place: Uint8Array, offset: number) => void): void {
    const begin = index * chunkBytes;
    const end = begin + this.chunkSize(index);
    let start = 0;
    for (const [address, length] of this.#regions) {
      const from = Math.max(begin, start);
      const to = Math.min(end, start + length);
      if (from < to) {
        const place = new Uint8Array(this.#memory.buffer, address + (from - start), to - from);
        use(place, from - begin);
      }
      start += length;
      if (start >= end) return;
    }
  }
}

/**
 * Runs `body` for 0 … count - 1, at most `limit` at a time. After a failure none begins; the
 * failure is thrown when those under way have ended.
 */
export async function eachInFlight(
  count: number,
  limit: number,
  body: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const failures: unknown[] = [];
  const lane = async () => {
    while (next < count && failures.length === 0) {
      await body(next++).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, count) }, lane));
  if (failures.length > 0) throw failures[0];
}
