// Models the user hands over as files.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { models, pipeline } from 'dragoman';
import { resolveModel } from '../../web/src/models.js';
import { golden } from './support.js';
import { options, ownStore, translateHome } from './model-server.js';

ownStore();

/** A file as the browser's dialogue for folders gives it. */
function chosen(path: string, content: Uint8Array<ArrayBuffer> | string = '', date = 1): File {
  const file = new File([content], path.split('/').at(-1) as string, { lastModified: date });
  Object.defineProperty(file, 'webkitRelativePath', { value: path.includes('/') ? path : '' });
  return file;
}

function filesOf(folder: string, prefix: string, date = 1): File[] {
  return readdirSync(folder).map((name) => {
    return chosen(prefix + name, new Uint8Array(readFileSync(join(folder, name))), date);
  });
}

const marian = golden('marian');

describe('files of a folder', () => {
  it.each([
    ['dropped one by one', ''],
    ['of a chosen folder', 'my model/'],
    ['of a folder deeper down', 'download/my model/'],
  ])('%s are a model, packed only once', async (_, prefix) => {
    const files = filesOf(marian, prefix);
    expect(await translateHome(files)).toMatchObject({ text: 'C', cached: false, warnings: [] });
    expect(await translateHome(files)).toMatchObject({ text: 'C', cached: true });
    const name = prefix === '' ? 'files' : 'my model';
    expect(await models.list()).toMatchObject([{ name, complete: true }]);
    // A file of another date is another file.
    expect((await translateHome(filesOf(marian, prefix, 2))).cached).toBe(false);
  });

  it('may lie beside others that are of no concern', async () => {
    const files = [chosen('a/notes.txt', 'x'), ...filesOf(marian, 'a/b/')];
    expect(await translateHome(files)).toMatchObject({ text: 'C' });
  });

  it('without what is needed are refused with its name', async () => {
    const files = filesOf(marian, 'm/');
    const without = (name: string) => files.filter((file) => file.name !== name);
    await expect(pipeline('translation', without('config.json'), options)).rejects.toMatchObject({
      code: 'model-incomplete',
      message: expect.stringContaining('config.json'),
    });
    await expect(
      pipeline('translation', without('model.safetensors'), options),
    ).rejects.toMatchObject({
      code: 'model-incomplete',
      message: expect.stringContaining('m/model.safetensors'),
    });
    expect(await models.list()).toEqual([]);
  });

  it('of several models are refused', () => {
    const files = [chosen('x/a/config.json'), chosen('x/b/config.json')];
    expect(() => resolveModel('translation', files, {})).toThrow(/x\/a\/config.*x\/b\/config/);
    const nested = [chosen('x/config.json'), chosen('x/b/config.json')];
    expect(resolveModel('translation', nested, {}).name).toBe('x');
  });

  it('are no model when there are none', () => {
    for (const nothing of [[], [1], [new Blob([])], {}]) {
      expect(() => resolveModel('translation', nothing as never, {})).toThrow(/named by a string/);
    }
  });

  it('have no revision', () => {
    const files = [chosen('x/config.json')];
    expect(() => resolveModel('translation', files, { revision: 'main' })).toThrow(/revision/);
  });
});
