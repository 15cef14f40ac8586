import { appendFileSync, closeSync, openSync } from 'node:fs';
import type { AppServices } from '../session/app-services.js';
import type { Controller } from '../session/controller.js';
import type { ShareEvent, WatchEvent } from '../session/messages.js';
import { usage } from './given-flags.js';

type Sessions = Pick<AppServices, 'startShare' | 'startWatch'>;

/** A little less than a second, because what comes each second does not come to the millisecond. */
const SNAPSHOT_MS = 900;

/** The entry of an event, or null for what is not logged: pictures, messages of the wire, and snapshots more than one a second. */
function entries(role: 'share' | 'watch'): (event: ShareEvent | WatchEvent) => object | null {
  let loggedAt = Number.NEGATIVE_INFINITY;
  return event => {
    if (event.type === 'thumbnail' || event.type === 'picture' || event.type === 'messages') return null;
    if (event.type !== 'snapshot') return { t: Date.now(), role, ...event };
    if (event.snapshot.t - loggedAt < SNAPSHOT_MS) return null;
    loggedAt = event.snapshot.t;
    return { type: 'snapshot', ...event.snapshot };
  };
}

/**
 * Sessions that also append what they tell to a file: a line of JSON each.
 * @throws PeerglassError E_USAGE when the file cannot be written
 */
export function logged(sessions: Sessions, file: string | null): Sessions {
  if (file === null) return sessions;
  try {
    closeSync(openSync(file, 'a'));
  } catch (cause) {
    throw usage(
      `--log: ${cause instanceof Error ? cause.message : String(cause)}.`,
      'Name a file that can be written.',
    );
  }

  function follow<Session extends Controller<never, Event>, Event extends ShareEvent | WatchEvent>(
    session: Session,
    role: 'share' | 'watch',
  ): Session {
    const entryOf = entries(role);
    session.subscribe(event => {
      const entry = entryOf(event);
      if (entry === null) return;
      try {
        appendFileSync(file as string, `${JSON.stringify(entry)}\n`);
      } catch {
        // A disk that is full must not end the session; the log has a gap then.
      }
    });
    return session;
  }

  return {
    startShare: options => follow(sessions.startShare(options), 'share'),
    startWatch: options => follow(sessions.startWatch(options), 'watch'),
  };
}
