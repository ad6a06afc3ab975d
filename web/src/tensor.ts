// Arrays of numbers with a shape: what calls give of vectors, attentions and hidden states.
import type { RunAnswer } from './common/protocol.js';

const arrayTypes = { float32: Float32Array, int8: Int8Array, uint8: Uint8Array };

interface DataTypes {
  float32: Float32Array<ArrayBuffer>;
  int8: Int8Array<ArrayBuffer>;
  uint8: Uint8Array<ArrayBuffer>;
}

export type TensorType = keyof DataTypes;

/** Numbers nested as deep as a tensor has dimensions. */
export type NestedNumbers = number | NestedNumbers[];

/** Numbers in the order of their indices, the last index fastest. */
export class Tensor<Type extends TensorType = TensorType> {
  readonly type: Type;
  readonly data: DataTypes[Type];
  readonly dims: readonly number[];
  /** Indices of the texts that were cut, as `truncation` allowed. */
  truncated?: readonly number[];

  constructor(type: Type, data: DataTypes[Type], dims: readonly number[]) {
    this.type = type;
    this.data = data;
    this.dims = dims;
  }

  /** How many numbers there are. */
  get size(): number {
    return this.data.length;
  }

  /** A copy of the part at an index of the first dimension: of [texts, width] a text's vector. */
  at(index: number): Tensor<Type> {
    const [count = 0, ...dims] = this.dims;
    const size = count === 0 ? 0 : this.size / count;
    const data = this.data.slice(index * size, (index + 1) * size) as DataTypes[Type];
    return new Tensor(this.type, data, dims);
  }

  /** The numbers as nested arrays. */
  tolist(): NestedNumbers[] {
    return nested(this.data, this.dims, 0) as NestedNumbers[];
  }
}

function nested(data: ArrayLike<number>, dims: readonly number[], start: number): NestedNumbers {
  const [count, ...rest] = dims;
  if (count === undefined) return data[start] as number;
  const size = rest.reduce((product, dim) => product * dim, 1);
  return Array.from({ length: count }, (_, i) => nested(data, rest, start + i * size));
}

/** How the engine writes a tensor (src/tasks/attachments.hpp). */
interface Attached {
  type: TensorType;
  dims: number[];
  attachment: number;
}

/** What an answer says, with its attached arrays in their places. */
export function readAnswer({ json, attachments }: RunAnswer): unknown {
  if (attachments.length === 0) return JSON.parse(json);
  return JSON.parse(json, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('attachment' in value)) return value;
    const { type, dims, attachment } = value as Attached;
    const data = new arrayTypes[type](attachments[attachment] as ArrayBuffer);
    return new Tensor(type, data, dims);
  });
}
