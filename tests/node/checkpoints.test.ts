// Weights in every form they are published in.
import { existsSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pipeline } from 'dragoman';
import { ownStore, serveFolder } from './model-server.js';
import { index, sharded, shardName } from './shards.js';
import {
  checkpoint,
  copyOf,
  editJson,
  golden,
  readSafetensors,
  writeSafetensors,
} from './support.js';

ownStore();

const options = { dtype: 'fp32', variant: 'simd' } as const;

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

const bin = 'pytorch_model.bin';
const only = (name: string) => ({ [name]: name });

/** What the pipeline makes of one text. */
async function answer(folder: string, dtype: 'fp32' | 'int8') {
  if (existsSync(join(folder, 'vocab.txt'))) {
    const classify = await pipeline('text-classification', folder, { ...options, dtype });
    const result = await classify('a good film', { top_k: null });
    await classify.dispose();
    return result;
  }
  const translate = await pipeline('translation', folder, { ...options, dtype });
  const result = await translate('the rain and the sea', { num_beams: 3, max_new_tokens: 12 });
  await translate.dispose();
  return result;
}

const safetensors = (name: string) => checkpoint(name, only('model.safetensors'));

describe('checkpoints of torch', () => {
  it.each([
    ['marian', bin],
    ['marian', 'views.bin'],
    ['marian', 'legacy.bin'],
    ['marian-f16', bin],
    ['marian-bf16', bin],
    ['bert', bin],
  ])('in %s/%s answer as their safetensors do', async (name, file) => {
    const folder = checkpoint(name, { [file]: bin });
    const dtype = file === bin ? 'int8' : 'fp32';
    expect(await answer(folder, dtype)).toEqual(await answer(safetensors(name), dtype));
  });

  it('come in shards, too', async () => {
    const expected = await answer(safetensors('marian'), 'fp32');
    for (const kind of ['bin', 'safetensors']) {
      expect(await answer(checkpoint(`marian-shards-${kind}`), 'fp32')).toEqual(expected);
    }
  });

  it.each([
    ['with their lengths', {}],
    ['without lengths', { lengths: false }],
    ['compressed', { gzip: true }],
    ['without anything that helps to continue', { etags: false, ranges: false, lengths: false }],
  ])('are served %s', async (_, manner) => {
    const expected = await answer(safetensors('marian'), 'int8');
    for (const folder of [
      checkpoint('marian', only(bin)),
      checkpoint('marian', { 'legacy.bin': bin }),
      checkpoint('marian-shards-bin'),
    ]) {
      const { address } = await serveFolder(folder, manner);
      expect(await answer(address, 'int8')).toEqual(expected);
    }
  });

  it('that are something else are refused by name', async () => {
    const folder = checkpoint('marian', {});
    writeFileSync(join(folder, bin), '\x80\x02cos\nsystem\n.', 'latin1');
    await expect(answer(folder, 'int8')).rejects.toMatchObject({
      code: 'model-format',
      message: expect.stringMatching(/pytorch_model\.bin: .*os\.system.* is not called/),
    });
  });

  it('that end early are told from a broken connection', async () => {
    const folder = checkpoint('marian', only(bin));
    truncateSync(join(folder, bin), 9000);
    await expect(answer(folder, 'int8')).rejects.toMatchObject({
      code: 'model-format',
      message: expect.stringContaining(bin),
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
