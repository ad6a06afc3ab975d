// The page's side of the service worker: registration, isolation on hosts that send no headers,
// and the way to a new version.
import { byId } from './dom.js';
import type { PageMessage } from './messages.js';

const reloadedKey = 'isolation-reload';
/** How long a first visit waits for its service worker, at most. */
const patience = 4000;

/** Names this tab: part of the address of its engine's worker. */
export const tab = crypto.randomUUID();

/** Says something to a service worker, if there is one. */
export function tell(worker: ServiceWorker | null, message: PageMessage): void {
  worker?.postMessage(message);
}

/** Resolves when the page has a service worker, or when none came. */
function controlled(): Promise<void> {
  const { serviceWorker } = navigator;
  if (serviceWorker.controller) return Promise.resolve();
  return new Promise((resolve) => {
    serviceWorker.addEventListener('controllerchange', () => resolve(), { once: true });
    setTimeout(resolve, patience);
  });
}

/** Whether to try a reload for isolation. Once only: where it did not help it never will. */
function mayReload(): boolean {
  try {
    if (sessionStorage.getItem(reloadedKey) !== null) return false;
    sessionStorage.setItem(reloadedKey, 'done');
    return true;
  } catch {
    return false;
  }
}

function offerUpdate(registration: ServiceWorkerRegistration): void {
  const bar = byId('update', HTMLElement);
  const button = byId('update-now', HTMLButtonElement);
  bar.hidden = false;
  button.onclick = () => {
    button.disabled = true;
    // Only who asked for it is reloaded; other tabs go on with what they have.
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload());
    tell(registration.waiting, { type: 'activate' });
  };
}

function watchForUpdates(registration: ServiceWorkerRegistration): void {
  const { serviceWorker } = navigator;
  if (registration.waiting && serviceWorker.controller) offerUpdate(registration);
  registration.addEventListener('updatefound', () => {
    const { installing } = registration;
    installing?.addEventListener('statechange', () => {
      const isUpdate = serviceWorker.controller !== null;
      if (installing.state === 'installed' && isUpdate) offerUpdate(registration);
    });
  });
}

/**
 * Registers the service worker and waits until it serves this page, so that it sees all that the
 * engine fetches. May reload the page, and then never resolves. A page without a service worker
 * works as well, but online only.
 */
export async function startOffline(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  const { serviceWorker } = navigator;
  try {
    const registration = await serviceWorker.register('sw.js');
    watchForUpdates(registration);
    // A page that was reloaded with force has none on purpose, and waits for nothing.
    if (registration.active === null) await controlled();
  } catch {
    return;
  }
  if (crossOriginIsolated || serviceWorker.controller === null || !mayReload()) return;
  location.reload();
  await new Promise(() => {});
}
