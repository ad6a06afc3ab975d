// The folder outside the tree that keeps what set-up made, shared by all clones of one user.
//
// Every entry is made under a temporary name and renamed when it is whole, so a set-up that was
// killed half-way leaves nothing that a later one would take for complete.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');

/** Where entries lie. */
export const cacheFolder = join(base, 'dragoman');

/** The path of the entry `name` made by `recipe`: another recipe is another entry. */
export function entryPath(name, recipe) {
  const digest = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 10);
  return join(cacheFolder, `${name}-${digest}`);
}

/** Makes the entry at `path` with `make(folder)` unless it exists. */
export function ensureEntry(path, make) {
  if (existsSync(path)) return;
  mkdirSync(cacheFolder, { recursive: true });
  removeAbandoned();
  const partial = `${path}.partial-${process.pid}`;
  try {
    mkdirSync(partial);
    make(partial);
    publish(partial, path);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

function publish(partial, path) {
  try {
    renameSync(partial, path);
  } catch (error) {
    // Another set-up running at the same time was first; its entry is as good as ours.
    if (!existsSync(path)) throw error;
  }
}

// Leftovers of set-ups that are no longer running. Nothing is mounted in them: mounts end with
// the process that made them (make-root.sh runs in a mount namespace of its own).
function removeAbandoned() {
  for (const name of readdirSync(cacheFolder)) {
    const pid = Number(/\.partial-(\d+)(?:\.log)?$/.exec(name)?.[1]);
    if (pid && !isRunning(pid)) rmSync(join(cacheFolder, name), { recursive: true, force: true });
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
