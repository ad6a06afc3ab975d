// What the service worker and the page say to each other.

/** From the service worker to every page: somebody fetched something. */
export interface FetchReport {
  type: 'fetch';
  /** The service worker's name for who asked. */
  client: string;
  /** The tab of an engine's worker, which carries it in its address; null for pages. */
  tab: string | null;
  /** It went to the network, rather than being answered from the cache. */
  network: boolean;
}

export type WorkerMessage =
  | FetchReport
  /** Tells a page its own name: the service worker keeps no list, as it may end at any time. */
  | { type: 'welcome'; client: string };

/** From the page to the service worker. */
export type PageMessage =
  | { type: 'hello' }
  /** The user wants the new version now. */
  | { type: 'activate' };

/** The engine's worker carries its tab in its address, by this parameter. */
export const tabParameter = 'tab';
