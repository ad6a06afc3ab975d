// The weights of a loaded model on their way out, piece by piece.
import { guarded } from './module.js';
import type { RunningModule } from './module.js';

const pieceBytes = 1 << 20;

/** @returns the next bytes of the file that beginExport() began; null at its end */
export function readExport(
  { engine, memory }: RunningModule,
  model: number,
): Uint8Array<ArrayBuffer> | null {
  return guarded(() => {
    const pointer = engine.allocate(pieceBytes);
    try {
      const length = engine.readExport(model, pointer, pieceBytes);
      if (length === 0) return null;
      const piece = new Uint8Array(length);
      piece.set(new Uint8Array(memory.buffer, pointer, length));
      return piece;
    } finally {
      engine.release(pointer);
    }
  });
}
