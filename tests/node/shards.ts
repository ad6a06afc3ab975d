// Weights in several files, as large models are published.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyOf, golden, readSafetensors, writeSafetensors } from './support.js';
import type { Header } from './support.js';

export const index = 'model.safetensors.index.json';
export const shardName = (number: number) => `model-0000${number}-of-00003.safetensors`;

/** The golden model in three shards, every third tensor in each. */
export function sharded(): string {
  const folder = copyOf(golden('marian'));
  const { header, data } = readSafetensors(join(folder, 'model.safetensors'));
  rmSync(join(folder, 'model.safetensors'));
  const tensors = Object.entries(header).filter(([name]) => name !== '__metadata__');
  const map = new Map<string, string>();
  for (const shard of [1, 2, 3]) {
    const part: Header = {};
    const pieces: Buffer[] = [];
    let offset = 0;
    for (const [name, entry] of tensors.filter((_, i) => i % 3 === shard - 1)) {
      const piece = data.subarray(...entry.data_offsets);
      part[name] = { ...entry, data_offsets: [offset, offset + piece.length] };
      offset += piece.length;
      pieces.push(piece);
      map.set(name, shardName(shard));
    }
    writeSafetensors(join(folder, shardName(shard)), part, Buffer.concat(pieces));
  }
  writeFileSync(join(folder, index), JSON.stringify({ weight_map: Object.fromEntries(map) }));
  return folder;
}
