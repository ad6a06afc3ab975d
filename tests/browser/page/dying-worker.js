// The package's worker, which dies of an uncaught error when a text asks for it.
import '/dist/worker.js';

const { onmessage } = globalThis;
globalThis.onmessage = (event) => {
  onmessage(event);
  const request = event.data?.params?.request;
  if (typeof request === 'string' && request.includes('die now')) {
    setTimeout(() => {
      throw new Error('killed by a test');
    });
  }
};
