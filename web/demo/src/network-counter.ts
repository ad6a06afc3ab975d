// Counts what this tab fetches, as the service worker reports it: it sees the requests of the page
// and those of the engine's worker. Where it does not, the page says so rather than "0".
import { Observable } from './observable.js';
import { tab } from './offline.js';
import type { FetchReport } from './messages.js';

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

  /** To be called once there is a service worker, and before the engine starts. */
  start(): void {
    if (!('serviceWorker' in navigator)) return;
    const { serviceWorker } = navigator;
    this.#change({ counting: serviceWorker.controller !== null });
    serviceWorker.addEventListener('controllerchange', () => {
      this.#change({ counting: serviceWorker.controller !== null });
    });
    serviceWorker.addEventListener('message', ({ data }) => this.#receive(data as FetchReport));
    serviceWorker.startMessages();
  }

  /** Counts from zero again: a model has been loaded. */
  restart(): void {
    this.#change({ requests: 0 });
  }

  #receive(report: FetchReport): void {
    // A request whose tab is unknown may be ours, so it counts: too many is honest, too few not.
    if (report.type !== 'fetch' || (report.tab !== undefined && report.tab !== tab)) return;
    const { requests, seesWorker } = this.count.value;
    this.#change({
      requests: requests + (report.network ? 1 : 0),
      // The engine starts by fetching its module; who reports that sees the rest as well.
      seesWorker: seesWorker || (report.byWorker && report.tab === tab),
    });
  }

  #change(change: Partial<NetworkCount>): void {
    this.count.set({ ...this.count.value, ...change });
  }
}
