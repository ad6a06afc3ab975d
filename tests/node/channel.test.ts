// Calls between two threads, here over a MessageChannel.
import { describe, expect, it } from 'vitest';
import { MessageChannel } from 'node:worker_threads';
import { Channel, FatalError } from '../../web/src/common/channel.js';
import { DragomanError } from '../../web/src/common/errors.js';

interface Methods {
  double: { params: number; result: number; event: never };
  wait: { params: null; result: string; event: string };
  fail: { params: string; result: null; event: never };
  bytes: { params: number; result: Uint8Array; event: never };
}
type None = Record<never, never>;

function connect() {
  const { port1, port2 } = new MessageChannel();
  const seen = { cancelled: 0, sentBytes: new Uint8Array(0) };
  let fatal: Error | undefined;
  const client = new Channel<Methods, None>(
    (message, transfer = []) => port1.postMessage(message, transfer as ArrayBuffer[]),
    {},
    (error) => (fatal = error),
  );
  const server = new Channel<None, Methods>(
    (message, transfer = []) => port2.postMessage(message, transfer as ArrayBuffer[]),
    {
      double: (value) => value * 2,
      wait: (_, { signal, emit }) =>
        new Promise((_resolve, reject) => {
          emit('started');
          signal.addEventListener('abort', () => {
            seen.cancelled++;
            reject(signal.reason as Error);
          });
        }),
      fail: (kind) => {
        if (kind === 'typed') throw new DragomanError('model-format', 'bad file');
        if (kind === 'fatal') throw new FatalError('internal', 'trap');
        throw new TypeError('plain');
      },
      bytes: (length, { transfer }) => {
        seen.sentBytes = new Uint8Array(length);
        transfer.push(seen.sentBytes.buffer);
        return seen.sentBytes;
      },
    },
  );
  port1.on('message', (data) => client.receive(data));
  port2.on('message', (data) => server.receive(data));
  const close = () => (port1.close(), port2.close());
  return { client, seen, close, fatal: () => fatal };
}

describe('a channel', () => {
  it('answers calls in any order and forgets them', async () => {
    const { client, close } = connect();
    const answers = await Promise.all([1, 2, 3].map((value) => client.call('double', value)));
    expect(answers).toEqual([2, 4, 6]);
    expect(client.pending).toBe(0);
    close();
  });

  it('carries codes of errors, and events', async () => {
    const { client, close, fatal } = connect();
    await expect(client.call('fail', 'typed')).rejects.toMatchObject({
      name: 'DragomanError',
      code: 'model-format',
      message: 'bad file',
    });
    await expect(client.call('fail', 'other')).rejects.toMatchObject({ code: 'internal' });
    expect(fatal()).toBeUndefined();
    await expect(client.call('fail', 'fatal')).rejects.toMatchObject({ message: 'trap' });
    expect(fatal()?.message).toBe('trap');
    close();
  });

  it('an aborted call is answered at once and cancelled at the other end', async () => {
    const { client, seen, close } = connect();
    const controller = new AbortController();
    const events: string[] = [];
    const { signal } = controller;
    const answer = client.call('wait', null, {
      signal,
      onEvent: (event) => {
        events.push(event);
        controller.abort();
      },
    });
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
    expect(events).toEqual(['started']);
    expect(await client.call('double', 4)).toBe(8);
    expect(seen.cancelled).toBe(1);
    await expect(client.call('double', 1, { signal })).rejects.toThrow(DOMException);
    close();
  });

  it('hands buffers over', async () => {
    const { client, seen, close } = connect();
    expect(await client.call('bytes', 10)).toHaveLength(10);
    expect(seen.sentBytes).toHaveLength(0);
    close();
  });

  it('a call that cannot be sent is rejected and forgotten', async () => {
    const { client, close } = connect();
    const unclonable = (() => 1) as unknown as number;
    await expect(client.call('double', unclonable)).rejects.toThrow('could not be cloned');
    expect(client.pending).toBe(0);
    close();
  });

  it('when closed, rejects all that wait', async () => {
    const { client, close } = connect();
    const answer = client.call('wait', null);
    client.close(new DragomanError('worker-crashed', 'gone'));
    await expect(answer).rejects.toMatchObject({ code: 'worker-crashed' });
    close();
  });
});
