// Which of the WebAssembly modules to run: the best one that this platform can.
import { isNode, nodeMajor, builtin } from './common/platform.js';
import { DragomanError } from './common/errors.js';
import type { Variant } from './common/protocol.js';

/** Instruction set and thread mode of each module, as in cmake/variants.cmake. */
export const variants: Record<Variant, { relaxed: boolean; threaded: boolean }> = {
  simd: { relaxed: false, threaded: false },
  relaxed: { relaxed: true, threaded: false },
  'simd-mt': { relaxed: false, threaded: true },
  'relaxed-mt': { relaxed: true, threaded: true },
};

/** How the engine is to run. */
export interface Execution {
  variant: Variant;
  threads: number;
}

export interface ExecutionWish {
  variant?: Variant | undefined;
  threads?: number | undefined;
}

const maxThreads = 64;
// More gain little on models of this size, and phones have slow cores beyond the first few.
const defaultThreads = 4;

// A module with one function () -> v128 that ends in `instruction`.
function probe(instruction: number[]): Uint8Array<ArrayBuffer> {
  const zero = [0x41, 0, 0xfd, 0x0f]; // i32.const 0, i8x16.splat
  const body = [0, ...zero, ...zero, ...instruction, 0x0b]; // no locals … end
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // magic, version
    ...[1, 5, 1, 0x60, 0, 1, 0x7b], // types: () -> v128
    ...[3, 2, 1, 0], // functions: one, of type 0
    ...[10, body.length + 2, 1, body.length, ...body], // code
  ]);
}

const simdProbe = () => probe([0xfd, 0x6e]); // i8x16.add
const relaxedProbe = () => probe([0xfd, 0x92, 0x02]); // i16x8.relaxed_dot_i8x16_i7x16_s

function hasSimd(): boolean {
  return typeof WebAssembly === 'object' && WebAssembly.validate(simdProbe());
}

function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(relaxedProbe());
}

/** Whether memory can be shared with other threads here. */
function hasThreads(): boolean {
  if (typeof SharedArrayBuffer === 'undefined') return false;
  return isNode() || globalThis.crossOriginIsolated === true;
}

/**
 * Turns relaxed SIMD on in Node 20, which has it behind a flag. The flag is the whole process's,
 * so this is for those who asked for it by name, and for the command line.
 */
export function enableRelaxedSimd(): void {
  if (!isNode() || nodeMajor() > 20 || hasRelaxedSimd()) return;
  builtin('node:v8').setFlagsFromString('--experimental-wasm-relaxed-simd');
}

function processors(): number {
  if (isNode()) return builtin('node:os').availableParallelism();
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}

function checkWish({ variant, threads }: ExecutionWish): void {
  if (variant !== undefined && !Object.hasOwn(variants, variant)) {
    const known = Object.keys(variants).join(', ');
    throw new DragomanError(
      'unsupported-option',
      `The variant ${JSON.stringify(variant)} is unknown; known are ${known}.`,
    );
  }
  if (threads === undefined) return;
  if (!Number.isInteger(threads) || threads < 1 || threads > maxThreads) {
    throw new DragomanError(
      'invalid-argument',
      `threads is ${String(threads)}; it must be an integer from 1 to ${maxThreads}.`,
    );
  }
}

function forced(variant: Variant, threads: number | undefined): Execution {
  const { relaxed, threaded } = variants[variant];
  if (relaxed) enableRelaxedSimd();
  if (relaxed && !hasRelaxedSimd()) {
    throw new DragomanError(
      'unsupported-browser',
      `The variant ${variant} needs relaxed SIMD, which this platform lacks.`,
    );
  }
  if (threaded && !hasThreads()) {
    throw new DragomanError(
      'unsupported-browser',
      `The variant ${variant} needs shared memory; a page has it when it is served with the ` +
        'headers Cross-Origin-Opener-Policy and Cross-Origin-Embedder-Policy.',
    );
  }
  if (!threaded && threads !== undefined && threads > 1) {
    throw new DragomanError(
      'invalid-argument',
      `The variant ${variant} has one thread; threads is ${threads}.`,
    );
  }
  return { variant, threads: threaded ? (threads ?? wantedThreads()) : 1 };
}

function wantedThreads(): number {
  return Math.max(1, Math.min(processors(), defaultThreads));
}

/**
 * How to run, best first; the later ones are for when an earlier one does not start or fails its
 * self-test. A variant asked for by name is the only one.
 *
 * Throws invalid-argument, unsupported-option; unsupported-browser where there is no SIMD, or not
 * what the wish needs.
 */
export function executions(wish: ExecutionWish): Execution[] {
  checkWish(wish);
  if (!hasSimd()) {
    throw new DragomanError(
      'unsupported-browser',
      'This platform has no WebAssembly with SIMD, which Dragoman needs.',
    );
  }
  if (wish.variant !== undefined) return [forced(wish.variant, wish.threads)];
  const threads = hasThreads() ? (wish.threads ?? wantedThreads()) : 1;
  const sets: ('simd' | 'relaxed')[] = hasRelaxedSimd() ? ['relaxed', 'simd'] : ['simd'];
  const single = sets.map((variant): Execution => ({ variant, threads: 1 }));
  if (threads === 1) return single;
  return [...sets.map((set): Execution => ({ variant: `${set}-mt`, threads })), ...single];
}
