// Where draws without a seed come from: the engine itself has no source of chance.

/** A whole number that JSON holds exactly. */
export function entropy(): number {
  const [low = 0, high = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high % 2 ** 21) * 2 ** 32 + low;
}
