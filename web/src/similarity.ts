// Comparing vectors: on the page, without the engine.
import { DragomanError } from './common/errors.js';
import type { Similarity } from './common/protocol.js';
import type { Tensor } from './tensor.js';

/** A vector, or the data of a tensor that has one dimension longer than 1. */
export type Vector = ArrayLike<number>;

function sum(a: Vector, b: Vector, term: (x: number, y: number) => number): number {
  if (a.length !== b.length) {
    throw new DragomanError(
      'invalid-argument',
      `Vectors of ${a.length} and ${b.length} numbers cannot be compared.`,
    );
  }
  let total = 0;
  for (let i = 0; i < a.length; i++) total += term(a[i] as number, b[i] as number);
  return total;
}

/** The sum of products. */
export function dot(a: Vector, b: Vector): number {
  return sum(a, b, (x, y) => x * y);
}

/** The cosine of the angle between two vectors; 0 where one has no length. */
export function cos_sim(a: Vector, b: Vector): number {
  const lengths = Math.sqrt(dot(a, a) * dot(b, b));
  const product = dot(a, b);
  return lengths === 0 ? 0 : product / lengths;
}

const functions: Record<Similarity, (a: Vector, b: Vector) => number> = {
  cosine: cos_sim,
  dot,
  euclidean: (a, b) => -Math.sqrt(sum(a, b, (x, y) => (x - y) ** 2)),
  manhattan: (a, b) => -sum(a, b, (x, y) => Math.abs(x - y)),
};

/** The function of a name; throws invalid-argument for another. */
export function similarityOf(name: unknown): (a: Vector, b: Vector) => number {
  if (typeof name === 'string' && Object.hasOwn(functions, name)) {
    return functions[name as Similarity];
  }
  const known = Object.keys(functions).join(', ');
  throw new DragomanError(
    'invalid-argument',
    `There is no similarity ${String(name)}; there are ${known}.`,
  );
}

/** An entry of the corpus that was found. */
export interface Hit {
  /** Of its vector in the corpus. */
  index: number;
  score: number;
}

export interface SearchOptions {
  /** Most hits for a query; 10 by default. */
  top_k?: number;
  /** `cosine` by default. */
  similarity?: Similarity;
}

function rows(tensor: Tensor): Vector[] {
  const [count = 0, width = 0] = tensor.dims.length === 1 ? [1, ...tensor.dims] : tensor.dims;
  if (tensor.dims.length < 3) {
    return Array.from({ length: count }, (_, i) => {
      return tensor.data.subarray(i * width, (i + 1) * width);
    });
  }
  throw new DragomanError(
    'invalid-argument',
    `Vectors are compared, not tensors of the shape [${tensor.dims.join(', ')}]; pool them first.`,
  );
}

/**
 * The vectors of a corpus that are most like each query, the best first; of equal ones the first.
 *
 * @param queries [queries, width] or [width]
 * @param corpus [entries, width]
 */
export function semantic_search(
  queries: Tensor,
  corpus: Tensor,
  { top_k: topK = 10, similarity = 'cosine' }: SearchOptions = {},
): Hit[][] {
  if (!Number.isInteger(topK) || topK < 1) {
    throw new DragomanError('invalid-argument', `top_k is ${topK}; it must be 1 or more.`);
  }
  const compare = similarityOf(similarity);
  const entries = rows(corpus);
  return rows(queries).map((query) => {
    const hits = entries.map((entry, index) => ({ index, score: compare(query, entry) }));
    return hits.sort((a, b) => b.score - a.score).slice(0, topK);
  });
}
