// The package's worker, but mortal: a request that speaks of death ends the thread.
import { parentPort } from 'node:worker_threads';

// Listening starts the messages, so the worker itself must be there first.
await import('../../dist/worker.js');
parentPort?.on('message', ({ method, params }) => {
  if (method === 'run' && params.request.includes('die now')) process.exit(3);
});
