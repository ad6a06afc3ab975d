// What the service worker and the page say to each other.

/** From the worker to every page: somebody fetched something. */
export interface FetchReport {
  type: 'fetch';
  /** The tab it was for; undefined where the worker could not tell. */
  tab: string | undefined;
  /** By the engine's worker rather than by the page itself. */
  byWorker: boolean;
  /** It went to the network, rather than being answered from the cache. */
  network: boolean;
}

/** From the page to the worker. */
export type PageMessage =
  /** Which tab this is: the worker then knows the page's own requests. */
  | { type: 'hello'; tab: string }
  /** The user wants the new version now. */
  | { type: 'activate' };

/** The engine's worker carries its tab in its address, by this parameter. */
export const tabParameter = 'tab';
