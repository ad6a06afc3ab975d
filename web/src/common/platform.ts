// What Node offers beyond the web platform, without an import that a bundler would stumble over.
import type * as Crypto from 'node:crypto';
import type * as Fs from 'node:fs';
import type * as Net from 'node:net';
import type * as Os from 'node:os';
import type * as Path from 'node:path';
import type * as Threads from 'node:worker_threads';
import type * as Url from 'node:url';
import type * as V8 from 'node:v8';

interface Builtins {
  'node:crypto': typeof Crypto;
  'node:fs': typeof Fs;
  'node:net': typeof Net;
  'node:os': typeof Os;
  'node:path': typeof Path;
  'node:url': typeof Url;
  'node:v8': typeof V8;
  'node:worker_threads': typeof Threads;
}

interface ProcessLike {
  type?: string;
  release?: { name?: string };
  versions?: { node?: string };
  getBuiltinModule?: <Id extends keyof Builtins>(id: Id) => Builtins[Id];
}

function nodeProcess(): ProcessLike | undefined {
  const { process } = globalThis as { process?: ProcessLike };
  // Electron's pages have a process too, but are pages.
  const isNode = process?.release?.name === 'node' && process.type !== 'renderer';
  return isNode ? process : undefined;
}

/** True in Node, false in pages and their workers. */
export function isNode(): boolean {
  return nodeProcess()?.getBuiltinModule !== undefined;
}

/** A module of Node's own; only where isNode(). */
export function builtin<Id extends keyof Builtins>(id: Id): Builtins[Id] {
  const module = nodeProcess()?.getBuiltinModule?.(id);
  if (module === undefined) throw new Error(`${id} is not available on this platform.`);
  return module;
}

/** The major version of Node; 0 elsewhere. */
export function nodeMajor(): number {
  return Number.parseInt(nodeProcess()?.versions?.node ?? '0', 10);
}
