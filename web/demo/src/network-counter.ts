// Counts what this tab fetches, as the service worker reports it: it sees the requests of the page
// and those of the engine's worker. Where it does not, the page says so rather than "0".
import { Observable } from './observable.js';
import { tab, tell } from './offline.js';
import type { WorkerMessage } from './messages.js';

/** What is known of the tab's requests. */
export interface NetworkCount {
  /** Since the last call of restart(). */
  requests: number;
  /** Whether it is known that requests of the engine's worker are seen. */
  seesWorker: boolean;
  /** Whether there is anyone to count. */
  counting: boolean;
}

export class NetworkCounter {
  readonly count = new Observable<NetworkCount>({
    requests: 0,
    seesWorker: false,
    counting: false,
  });
  /** What the service worker calls this page. */
  #client: string | undefined;

  /** To be called once there is a service worker, and before the engine starts. */
  start(): void {
    if (!('serviceWorker' in navigator)) return;
    const { serviceWorker } = navigator;
    const meet = () => {
      this.#change({ counting: serviceWorker.controller !== null });
      tell(serviceWorker.controller, { type: 'hello' });
    };
    serviceWorker.addEventListener('controllerchange', meet);
    serviceWorker.addEventListener('message', ({ data }) => this.#receive(data as WorkerMessage));
    serviceWorker.startMessages();
    meet();
  }

  /** Counts from zero again: a model has been loaded. */
  restart(): void {
    this.#change({ requests: 0 });
  }

  #receive(message: WorkerMessage): void {
    if (message.type === 'welcome') this.#client = message.client;
    if (message.type !== 'fetch') return;
    const byWorker = message.tab === tab;
    if (!byWorker && message.client !== this.#client) return;
    const { requests, seesWorker } = this.count.value;
    this.#change({
      requests: requests + (message.network ? 1 : 0),
      // The engine starts by fetching its module; who reports that sees the rest as well.
      seesWorker: seesWorker || byWorker,
    });
  }

  #change(change: Partial<NetworkCount>): void {
    this.count.set({ ...this.count.value, ...change });
  }
}
