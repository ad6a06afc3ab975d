// Times and what is made of them; for pages too, so nothing here is Node's.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Milliseconds that a call takes. */
export async function timed(call) {
  const start = performance.now();
  await call();
  return performance.now() - start;
}

/**
 * Times of calls one after the other, for so many milliseconds and so many times at least. Those
 * that begin within the first `settling` milliseconds do not count: threads that have slept are
 * woken and find cores, what adapts does, and those of others go to sleep.
 */
export async function timesOfTurn(call, { least = 1, milliseconds, settling }) {
  const times = [];
  const start = performance.now();
  while (times.length < least || performance.now() < start + milliseconds) {
    const isSettled = performance.now() >= start + settling;
    const time = await timed(call);
    if (isSettled) times.push(time);
  }
  return times;
}
