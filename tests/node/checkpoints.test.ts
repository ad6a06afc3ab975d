// Weights in every form they are published in.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pipeline } from 'dragoman';
import { copyOf, editJson, golden, readSafetensors, writeSafetensors } from './support.js';
import type { Header } from './support.js';

const options = { dtype: 'fp32', variant: 'simd' } as const;
const index = 'model.safetensors.index.json';
const shardName = (number: number) => `model-0000${number}-of-00003.safetensors`;

/** The golden model in three shards, every third tensor in each. */
function sharded(): string {
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

async function translateHome(folder: string) {
  const translate = await pipeline('translation', folder, options);
  const result = await translate('home', { num_beams: 3 });
  await translate.dispose();
  return result;
}

describe('weights in shards', () => {
  it('are read one after the other', async () => {
    expect(await translateHome(sharded())).toEqual(await translateHome(golden('marian')));
  });

  it('are not read where the weights are there whole', async () => {
    const folder = copyOf(golden('marian'));
    writeFileSync(join(folder, index), 'not read');
    expect(await translateHome(folder)).toEqual(await translateHome(golden('marian')));
  });

  it('are missed by name', async () => {
    const folder = sharded();
    rmSync(join(folder, shardName(2)));
    await expect(translateHome(folder)).rejects.toMatchObject({
      code: 'model-incomplete',
      message: expect.stringContaining(shardName(2)),
    });
  });

  it('must hold what their index says', async () => {
    const folder = sharded();
    editJson(join(folder, index), ({ weight_map: map }) => {
      Object.assign(map as object, { final_logits_bias: shardName(3) });
    });
    const whole = readSafetensors(join(golden('marian'), 'model.safetensors')).header;
    for (const shard of [1, 2, 3]) {
      const path = join(folder, shardName(shard));
      const { header, data } = readSafetensors(path);
      const { final_logits_bias: bias, ...rest } = header;
      if (bias === undefined) continue;
      // Cut out; what lies behind it moves up.
      const [begin, end] = bias.data_offsets;
      for (const { data_offsets: offsets } of Object.values(rest)) {
        if (offsets[0] < end) continue;
        offsets[0] -= end - begin;
        offsets[1] -= end - begin;
      }
      const kept = [data.subarray(0, begin), data.subarray(end)];
      writeSafetensors(path, rest, Buffer.concat(kept));
    }
    expect(whole).toHaveProperty('final_logits_bias');
    await expect(translateHome(folder)).rejects.toMatchObject({
      code: 'model-incomplete',
      message: expect.stringMatching(/3-of-00003\.safetensors lacks .*"final_logits_bias"/),
    });
  });

  it('must not lead out of their folder', async () => {
    const folder = sharded();
    editJson(join(folder, index), (json) => {
      json['weight_map'] = { final_logits_bias: '../model.safetensors' };
    });
    await expect(translateHome(folder)).rejects.toMatchObject({
      code: 'model-format',
      message: expect.stringContaining('"../model.safetensors" is no name'),
    });
  });
});

describe('a folder without weights', () => {
  it('is told by the names that they could have', async () => {
    const folder = copyOf(golden('marian'));
    rmSync(join(folder, 'model.safetensors'));
    await expect(translateHome(folder)).rejects.toMatchObject({
      code: 'model-incomplete',
      message: expect.stringMatching(
        /has no model\.safetensors, no .*dragoman-test.* was not found/,
      ),
    });
  });
});
