import { systemClock } from '../../node/clock.js';
import type { AppServices, FoundSharers } from '../app-services.js';
import { SharerBrowser } from './browser.js';
import { openMdns } from './mdns.js';

/** Looks for shares on the networks of this machine. */
export const findSharers: AppServices['findSharers'] = told => {
  const browser = new SharerBrowser({ open: openMdns, clock: systemClock, told });
  return () => void browser.close();
};

/** The sharers that answer within `ms`, which leaves time for one lost query. */
export async function sharersWithin(ms: number): Promise<FoundSharers> {
  let found: FoundSharers = { sharers: [], more: 0, problem: null };
  let stop = (): void => {};
  await new Promise<void>(resolve => {
    stop = findSharers(now => {
      found = now;
      if (now.problem !== null) resolve();
    });
    setTimeout(resolve, ms);
  });
  stop();
  return found;
}
