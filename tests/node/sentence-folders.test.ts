// Folders with folders in them, as sentence-transformers writes them, from everywhere models come
// from; and one checkpoint that is loaded for several tasks.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { models, pipeline } from 'dragoman';
import { DirectorySource } from '../../web/src/worker/dropped-source.js';
import { options, ownStore } from './model-server.js';
import { copyOf, editJson, golden, root, runNode, serve, temporaryFolder } from './support.js';
import type { ModelSource, ProgressEvent, Task } from 'dragoman';

ownStore();

const dense = [
  { type: 'sentence_transformers.models.Transformer', path: '' },
  { type: 'sentence_transformers.models.Pooling', path: '1_Pooling' },
  { type: 'sentence_transformers.models.Dense', path: '2_Dense' },
];

/** The golden folder with a Dense module, whose weights are those of `weights`. */
function denseFolder(weights: '2_Dense' | '2_Wide' = '2_Dense'): string {
  const folder = copyOf(golden('features'));
  const modules = dense.map((entry) =>
    entry.path === '2_Dense' ? { ...entry, path: weights } : entry,
  );
  writeFileSync(join(folder, 'modules.json'), JSON.stringify(modules));
  const wide = weights === '2_Wide';
  const config = { in_features: wide ? 48 : 16, out_features: 8, bias: !wide };
  writeFileSync(join(folder, weights, 'config.json'), JSON.stringify(config));
  const modes = wide ? ['mean', 'max', 'cls'] : ['mean'];
  editJson(join(folder, '1_Pooling/config.json'), (json) => (json['pooling_mode'] = modes));
  return folder;
}

/** The vector of a text, and what was told of the files. */
async function embed(model: ModelSource) {
  const events: ProgressEvent[] = [];
  const progress_callback = (event: ProgressEvent) => void events.push(event);
  const extract = await pipeline('embeddings', model, { ...options, progress_callback });
  const vectors = await extract('boring', { pooling: 'model' });
  await extract.dispose();
  return { vectors: vectors.tolist(), events };
}

/** A server of a folder with all that is in it, and what it was asked for. */
async function serveAll(folder: string) {
  const asked: string[] = [];
  const address = await serve((request, response) => {
    const name = (request.url ?? '').slice(1);
    asked.push(name);
    const path = join(folder, name);
    if (!existsSync(path)) return void response.writeHead(404).end();
    response.setHeader('ETag', '"1"').end(readFileSync(path));
  });
  return { address, asked };
}

function filesOf(folder: string, prefix: string): File[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return [];
    const file = new File([new Uint8Array(readFileSync(path))], name, { lastModified: 1 });
    Object.defineProperty(file, 'webkitRelativePath', { value: prefix + name });
    return file;
  });
}

describe('a folder with modules', () => {
  it('is read from a server, and from the store after that', async () => {
    const folder = denseFolder();
    const expected = (await embed(folder)).vectors;
    expect(expected[0]).toHaveLength(8);
    const { address, asked } = await serveAll(folder);
    expect((await embed(address)).vectors).toEqual(expected);
    expect(asked).toContain('1_Pooling/config.json');
    expect(asked).toContain('2_Dense/model.safetensors');
    expect(asked).not.toContain('2_Dense/pytorch_model.bin');
    expect(new Set(asked).size).toBe(asked.length);
    const before = asked.length;
    expect((await embed(address)).vectors).toEqual(expected);
    expect(asked).toHaveLength(before);
    expect(await models.list()).toMatchObject([{ key: `${address}/#fp32#features` }]);
  });

  it('may have weights of torch, which are asked for when there are no others', async () => {
    const folder = denseFolder('2_Wide');
    const expected = (await embed(folder)).vectors;
    const { address, asked } = await serveAll(folder);
    expect((await embed(address)).vectors).toEqual(expected);
    const [first, second] = ['model.safetensors', 'pytorch_model.bin'].map((name) =>
      asked.indexOf(`2_Wide/${name}`),
    );
    expect(first).toBeGreaterThan(0);
    expect(second).toBeGreaterThan(first ?? 0);
  });

  it('is asked for no module that nothing names', async () => {
    const { address, asked } = await serveAll(golden('fill-mask'));
    await embed(address);
    expect(asked.filter((name) => /modules|Pooling|sentence/.test(name))).toEqual(['modules.json']);
  });

  it('may be chosen or dropped', async () => {
    const folder = denseFolder();
    const files = filesOf(folder, 'my model/');
    expect((await embed(files)).vectors).toEqual((await embed(folder)).vectors);
  });

  it('may be a handle', async () => {
    const notFound = Object.assign(new Error('none'), { name: 'NotFoundError' });
    const handle = (path: string): FileSystemDirectoryHandle =>
      ({
        name: 'model',
        getDirectoryHandle: async (name: string) => handle(join(path, name)),
        getFileHandle: async (name: string) => {
          if (!existsSync(join(path, name))) throw notFound;
          return {
            getFile: async () => new File([new Uint8Array(readFileSync(join(path, name)))], name),
          };
        },
      }) as unknown as FileSystemDirectoryHandle;
    const source = new DirectorySource(handle(denseFolder()));
    const { signal } = new AbortController();
    const file = await source.open('2_Dense/config.json', signal);
    expect(file?.total).toBeGreaterThan(10);
    await file?.close();
    expect(await source.open('2_Dense/none', signal)).toBeUndefined();
  });

  it('is packed with all its parts', async () => {
    const source = denseFolder();
    const folder = join(temporaryFolder(), 'packed');
    const program = join(root, 'dist/cli.js');
    const { status, stderr } = await runNode([program, 'pack', source, '-o', folder]);
    expect(stderr).toMatch(/2_Dense\/model\.safetensors/);
    expect(status).toBe(0);
    const int8 = { ...options, dtype: 'int8' } as const;
    const vectors = async (model: string) => {
      const extract = await pipeline('feature-extraction', model, int8);
      const tensor = await extract('boring', { pooling: 'model' });
      await extract.dispose();
      return tensor.tolist();
    };
    expect(await vectors(folder)).toEqual(await vectors(source));
  });
});

describe('a checkpoint for several tasks', () => {
  it('is stored for each of them', async () => {
    const { address, asked } = await serveAll(golden('fill-mask'));
    const load = async (task: Task) => {
      const loaded = await pipeline(task, address, options);
      await loaded.dispose();
    };
    await load('fill-mask');
    await load('feature-extraction');
    const before = asked.length;
    await load('fill-mask');
    await load('sentence-similarity');
    expect(asked).toHaveLength(before);
    const keys = (await models.list()).map(({ key }) => key.slice(key.indexOf('#')));
    expect(keys.sort()).toEqual(['#fp32#features', '#fp32#fill-mask']);
  });

  it('is refused for what it has no weights for', async () => {
    for (const task of ['zero-shot-classification', 'text-ranking'] as const) {
      const code = expect.stringMatching(/unsupported-model|model-incomplete/);
      await expect(pipeline(task, golden('fill-mask'), options)).rejects.toMatchObject({ code });
    }
  });
});
