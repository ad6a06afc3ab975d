// The row of figures: speed, engine, memory, storage, and requests since the models were loaded.
import { byId, setText } from './dom.js';
import { bytes, text } from './strings.js';
import type { PipelineBase } from 'dragoman';
import type { NetworkCount } from './network-counter.js';

function show(id: string, value: string, note: string): void {
  setText(byId(`fact-${id}`, HTMLElement), value);
  setText(byId(`fact-${id}-note`, HTMLElement), note);
}

export function showSpeed(wordsPerSecond: number | undefined): void {
  if (wordsPerSecond === undefined) return;
  setText(byId('fact-speed', HTMLElement), text.speed(wordsPerSecond));
}

export function showEngine({ variant, threads }: PipelineBase): void {
  const note = crossOriginIsolated ? text.threads(threads) : text.noIsolation;
  show('engine', variant, note);
}

/** Asks the engine how much memory it has. */
export async function showMemory(model: PipelineBase): Promise<void> {
  try {
    const { heap_bytes: heap, packed_bytes: packed } = await model.memoryUse();
    show('memory', bytes(heap), text.ofWeights(packed));
  } catch {
    // It was disposed of meanwhile; the next model's figures follow.
  }
}

/** @param settled whether the models are loaded, so that requests count as such */
export function showRequests(count: NetworkCount, settled: boolean): void {
  const { requests, seesWorker, counting } = count;
  const says = text.requests;
  if (!counting) show('requests', says.unseen, says.unseenWhy);
  else if (!settled) show('requests', says.loading, says.whileLoading(requests));
  else show('requests', String(requests), seesWorker ? says.sees : says.pageOnly);
  const quiet = counting && settled && seesWorker && requests === 0;
  byId('requests-tile', HTMLElement).dataset['quiet'] = String(quiet);
}
