// `dragoman pack`: folders with weights quantised beforehand, read again to the same answers.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packModel, pipeline } from 'dragoman';
import { ownStore, serveFolder } from './model-server.js';
import { checkpoint, golden, readSafetensors, root, runNode, temporaryFolder } from './support.js';

ownStore();

const options = { dtype: 'int8', variant: 'simd' } as const;
const program = join(root, 'dist/cli.js');
const weights = 'model.safetensors';
const only = (name: string) => ({ [name]: name });

async function pack(source: string, ...flags: string[]) {
  const folder = join(temporaryFolder(), 'packed');
  const ended = await runNode([program, 'pack', source, '-o', folder, ...flags]);
  return { folder, ...ended };
}

async function answers(folder: string) {
  if (existsSync(join(folder, 'vocab.txt'))) {
    const classify = await pipeline('text-classification', folder, options);
    const result = await classify(['a good film', 'so dull'], { top_k: null });
    await classify.dispose();
    return result;
  }
  const translate = await pipeline('translation', folder, options);
  const texts = ['the rain, the sea and the river', 'home', 'where is the old market'];
  const result = await translate(texts, { num_beams: 3, max_new_tokens: 16 });
  await translate.dispose();
  return result;
}

describe('a packed model', () => {
  it.each([
    ['a translator', () => golden('marian')],
    ['a classifier', () => golden('bert')],
    ['a checkpoint of torch', () => checkpoint('marian', only('pytorch_model.bin'))],
    ['one in the old format', () => checkpoint('marian', { 'legacy.bin': 'pytorch_model.bin' })],
    ['one of halves', () => checkpoint('marian-bf16', only('pytorch_model.bin'))],
    ['one in shards', () => checkpoint('marian-shards-safetensors')],
    ['a classifier of torch', () => checkpoint('bert', only('pytorch_model.bin'))],
  ])('answers as %s does that it was made from', async (_, make) => {
    const source = make();
    const { status, stderr, folder } = await pack(source);
    expect(stderr).toMatch(/MB of weights became .* MB in packed\/model\.safetensors/);
    expect(status).toBe(0);
    expect(await answers(folder)).toEqual(await answers(source));
    // Packed once more, nothing changes.
    const again = await pack(folder);
    const bytes = readFileSync(join(folder, weights));
    expect(readFileSync(join(again.folder, weights)).equals(bytes)).toBe(true);
    expect(readFileSync(join(again.folder, 'config.json'), 'utf8')).toBe(
      readFileSync(join(folder, 'config.json'), 'utf8'),
    );
  });

  it('is a folder as Hugging Face has them', async () => {
    const { folder } = await pack(golden('marian'));
    const files = readdirSync(golden('marian')).filter((name) => name !== 'cases.json');
    expect(readdirSync(folder).sort()).toEqual(files.sort());
    for (const name of files) {
      if (name === weights || name === 'config.json') continue;
      expect(readFileSync(join(folder, name))).toEqual(readFileSync(join(golden('marian'), name)));
    }
    const json = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as object;
    const { quantization_config: quantization } = json(
      join(root, 'models/dragoman-en-fr/config.json'),
    ) as { quantization_config: object };
    expect(json(join(folder, 'config.json'))).toEqual({
      ...json(join(golden('marian'), 'config.json')),
      quantization_config: quantization,
    });
  });

  it('has its names, its tied table once, and vectors in f32', async () => {
    const { folder } = await pack(golden('bert'));
    const { header } = readSafetensors(join(folder, weights));
    const name = 'bert.encoder.layer.0.output.dense';
    expect(header[`${name}.weight`]).toMatchObject({ dtype: 'I8', shape: [24, 40] });
    expect(header[`${name}.weight_scale`]).toMatchObject({ dtype: 'F32', shape: [24, 1] });
    expect(header[`${name}.bias`]).toMatchObject({ dtype: 'F32', shape: [24] });
    const source = readSafetensors(join(golden('bert'), weights)).header;
    const plain = Object.keys(header).filter((each) => !each.endsWith('_scale'));
    expect(plain.sort()).toEqual(Object.keys(source).sort());
    const translator = await pack(checkpoint('marian', only('pytorch_model.bin')));
    const tables = Object.keys(readSafetensors(join(translator.folder, weights)).header);
    expect(tables.filter((each) => /(embed_tokens|shared|lm_head)\.weight$/.test(each))).toEqual([
      'model.shared.weight',
    ]);
  });

  it('may come from a server', async () => {
    const source = checkpoint('marian-shards-bin');
    const { address } = await serveFolder(source, { lengths: false });
    const { status, folder } = await pack(address);
    expect(status).toBe(0);
    expect(await answers(folder)).toEqual(await answers(source));
  });
});

describe('pack', () => {
  it('leaves a folder alone that is not empty, unless forced', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'full'));
    writeFileSync(join(folder, 'full', 'config.json'), 'mine');
    const args = [program, 'pack', golden('bert'), '-o', join(folder, 'full')];
    expect(await runNode(args)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('is not empty'),
    });
    expect(readFileSync(join(folder, 'full', 'config.json'), 'utf8')).toBe('mine');
    expect(await runNode([...args, '--force'])).toMatchObject({ status: 0 });
    expect(statSync(join(folder, 'full', weights)).size).toBeGreaterThan(1000);
  });

  it.each([
    [['pack'], 'one SOURCE'],
    [['pack', 'a', 'b', '-o', 'c'], 'one SOURCE'],
    [['pack', 'a'], '-o DIR'],
    [['pack', 'a', '-o', 'b', '--dtype', 'fp32'], 'int8 only'],
    [['pack', 'a', '-o', 'b', '--dtype', 'int3'], 'int3'],
    [['pack', 'a', '-o', 'b', '--beams', '3'], 'beams'],
  ])('refuses %j', async (args, reason) => {
    const ended = await runNode([program, ...args], '', temporaryFolder());
    expect(ended).toMatchObject({ status: 2, stderr: expect.stringContaining(reason) });
  });

  it('leaves nothing behind where the source is bad', async () => {
    const source = checkpoint('marian', {});
    const { status, stderr, folder } = await pack(source);
    expect(status).toBe(1);
    expect(stderr).toContain('has no model.safetensors');
    expect(existsSync(folder)).toBe(false);
  });
});

describe('packModel', () => {
  it('gives the files, and the weights as often as asked', async () => {
    const packed = await packModel(golden('bert'));
    expect(packed.info).toMatchObject({ dtype: 'int8', model_type: 'bert' });
    expect([...packed.files.keys()]).toContain('vocab.txt');
    for (let round = 0; round < 2; round++) {
      let bytes = 0;
      for await (const piece of packed.weights()) bytes += piece.length;
      expect(bytes).toBe(packed.weightBytes);
    }
    await packed.dispose();
  });
});
