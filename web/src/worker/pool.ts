// The engine's threads, as Emscripten's glue sees them. The glue would make workers of its own; the
// page has made them instead (worker-port.ts), and each of them and the first one hold a port to
// speak by, which has all that the glue uses of a worker.
interface Scope {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown, transfer?: Transferable[]): void;
}

/** In the first worker: the glue's next `new Worker()` take these. */
export function usePool(ports: readonly MessagePort[]): void {
  const left = [...ports];
  Object.assign(globalThis, {
    Worker: function takePort() {
      const port = left.shift();
      if (port === undefined) throw new Error('More threads were asked for than there are.');
      return port;
    },
  });
}

/** In a thread: what comes by the port, which the first message is, goes to the glue. */
export function joinPool(): void {
  const scope = globalThis as unknown as Scope;
  const glue = scope.onmessage;
  scope.onmessage = ({ data: port }: MessageEvent<MessagePort>) => {
    scope.onmessage = glue;
    scope.postMessage = (message, transfer = []) => port.postMessage(message, transfer);
    // The glue puts other listeners in place of its first one.
    port.onmessage = (event) => scope.onmessage?.(event);
  };
}
