// Where draws without a seed come from: the engine itself has no source of chance.

// Many at once: in Node a draw takes some 30 microseconds, whatever its length.
const drawn = new Uint32Array(256);
let left = 0;

function draw(): number {
  if (left === 0) {
    crypto.getRandomValues(drawn);
    left = drawn.length;
  }
  return drawn[--left] as number;
}

/** A whole number that JSON holds exactly. */
export function entropy(): number {
  return (draw() % 2 ** 21) * 2 ** 32 + draw();
}
