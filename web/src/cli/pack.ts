// The command `pack`: a model in, a folder to be hosted out.
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { open, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { packModel } from 'dragoman';
import { UsageError } from './arguments.js';
import type { PackedModel } from 'dragoman';
import type { PackCommand } from './arguments.js';
import type { ProgressBar } from './progress.js';

const weightsName = 'model.safetensors';

// Large files are written under another name first: a folder that has them has all of them.
async function writeWeights(path: string, packed: PackedModel): Promise<void> {
  const unfinished = `${path}.unfinished`;
  const file = await open(unfinished, 'w');
  try {
    for await (const piece of packed.weights()) await file.writeFile(piece);
  } catch (error) {
    await file.close();
    rmSync(unfinished, { force: true });
    throw error;
  }
  await file.close();
  await rename(unfinished, path);
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

/** Runs the command to its end. Throws what stops it. */
export async function runPack(command: PackCommand, bar: ProgressBar): Promise<void> {
  const { source, folder, force, options } = command;
  if (existsSync(folder) && readdirSync(folder).length > 0 && !force) {
    throw new UsageError(`${folder} is not empty; --force writes into it all the same`);
  }
  const read = new Map<string, number>();
  const packed = await packModel(source, {
    ...options,
    progress_callback: (event) => {
      bar.loading(event);
      if (event.status !== 'progress' || !/\.(safetensors|bin)$/.test(event.file)) return;
      read.set(event.file, event.total);
    },
  });
  try {
    bar.clear();
    mkdirSync(folder, { recursive: true });
    for (const [name, content] of packed.files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    await writeWeights(join(folder, weightsName), packed);
    const before = [...read.values()].reduce((sum, bytes) => sum + bytes, 0);
    const written = join(basename(folder), weightsName);
    process.stderr.write(
      `${megabytes(before)} of weights became ${megabytes(packed.weightBytes)} in ${written}, ` +
        `beside ${[...packed.files.keys()].join(', ')}\n`,
    );
  } finally {
    await packed.dispose();
  }
}
