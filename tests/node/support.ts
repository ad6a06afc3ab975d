// What the tests share: models, copies of models with something wrong, servers, programs.
import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const root = resolve(import.meta.dirname, '../..');

/** Tiny random models with what Python computes for them. */
export const golden = (task: string) => join(root, 'tests/golden/tasks', task);

/**
 * A checkpoint of tests/golden/checkpoints as a whole model folder.
 *
 * @param weights what it has of the weight files, and what they are to be called there
 */
export function checkpoint(name: string, weights?: Record<string, string>): string {
  const folder = copyOf(join(root, 'tests/golden/checkpoints', name));
  const task = golden(name === 'bert' ? 'bert' : 'marian');
  cpSync(task, folder, {
    recursive: true,
    filter: (path) => !/(config\.json|model\.safetensors|cases\.json)$/.test(path),
  });
  cpSync(join(task, 'tokenizer_config.json'), join(folder, 'tokenizer_config.json'));
  if (weights === undefined) return folder;
  for (const file of readdirSync(folder)) {
    if (!/\.(bin|safetensors)$/.test(file)) continue;
    const target = weights[file];
    if (target !== undefined) cpSync(join(folder, file), join(folder, `kept-${target}`));
    rmSync(join(folder, file));
  }
  for (const target of Object.values(weights)) {
    renameSync(join(folder, `kept-${target}`), join(folder, target));
  }
  return folder;
}

/** Cases of a golden model. */
export function goldenCases<Case>(task: string): Case[] {
  const text = readFileSync(join(golden(task), 'cases.json'), 'utf8');
  return (JSON.parse(text) as { cases: Case[] }).cases;
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dragoman-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A copy of a folder, to be spoilt. */
export function copyOf(folder: string): string {
  const copy = temporaryFolder();
  cpSync(folder, copy, { recursive: true });
  return copy;
}

interface TensorEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}
export type Header = Record<string, TensorEntry>;

/** A safetensors file in its parts, to be put together again with changes. */
export function readSafetensors(path: string): { header: Header; data: Buffer } {
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Header;
  return { header, data: bytes.subarray(8 + length) };
}

export function writeSafetensors(
  path: string,
  header: object,
  data: Buffer,
  length?: bigint,
): void {
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(length ?? BigInt(text.length));
  writeFileSync(path, Buffer.concat([size, text, data]));
}

/** Changes a JSON file. */
export function editJson(path: string, change: (json: Record<string, unknown>) => void): void {
  const json = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  change(json);
  writeFileSync(path, JSON.stringify(json));
}

export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

function runFile(program: string, args: string[], input: string, cwd: string): Promise<Ended> {
  return new Promise((done) => {
    const options = { cwd, maxBuffer: 2 ** 28 };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      const code = error?.code;
      const status = error === null ? 0 : typeof code === 'number' ? code : null;
      done({ status, stdout, stderr });
    });
    child.stdin?.end(input);
  });
}

/** Runs a program of Node to its end. */
export function runNode(args: string[], input = '', cwd = root): Promise<Ended> {
  return runFile(process.execPath, args, input, cwd);
}

/** Runs a line of shell, in which `npx dragoman` is the built command line. */
export function runShell(line: string, cwd: string): Promise<Ended> {
  const program = `'${process.execPath}' '${join(root, 'dist/cli.js')}'`;
  return runFile('/bin/sh', ['-c', line.replaceAll('npx dragoman', program)], '', cwd);
}

/** A server on this machine; gone after the test. */
export async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
