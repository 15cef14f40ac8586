import { fileText } from '../core/plain-text.js';
import { unixTime } from '../node/clock.js';
import { whyUnwritten } from '../node/whole-file.js';
import type { AppServices, Controller } from '../session/app-services.js';
import type { ShareEvent, WatchEvent } from '../session/messages.js';
import type { Snapshot } from '../session/snapshot.js';
import { usage } from './given-flags.js';
import { LogFile } from './log-file.js';

type Sessions = Pick<AppServices, 'startShare' | 'startWatch'>;
type LoggedEvent = ShareEvent | WatchEvent;
type Notice = Extract<LoggedEvent, { type: 'notice' }>;

/** A little less than a second: snapshots come once a second, but not to the millisecond. */
const SNAPSHOT_MS = 900;

/** An event's log entry; null for pictures, protocol messages, and snapshots beyond one a second. */
function entries(role: 'share' | 'watch'): (event: LoggedEvent) => object | null {
  let loggedAt = Number.NEGATIVE_INFINITY;
  return event => {
    if (event.type === 'thumbnail' || event.type === 'picture' || event.type === 'messages') return null;
    if (event.type !== 'snapshot') return { t: unixTime(), role, ...withoutCode(event) };
    if (event.snapshot.t - loggedAt < SNAPSHOT_MS) return null;
    loggedAt = event.snapshot.t;
    return { type: 'snapshot', ...withoutLink(event.snapshot) };
  };
}

/** The same for the link of a broadcast. */
function withoutLink(snapshot: Snapshot): object {
  if (snapshot.role !== 'share' || snapshot.broadcast === null) return snapshot;
  const { link: _, ...broadcast } = snapshot.broadcast;
  return { ...snapshot, broadcast };
}

/** Removes the code: a log may be sent to somebody who must not get in. */
function withoutCode(event: LoggedEvent): object {
  return event.type === 'listening' ? { type: event.type, wires: event.wires } : event;
}

/**
 * Sessions that also append their events to a file, a line of JSON each. A failure to write ends no session: the
 * user gets a notice, and the log records the gap as soon as it can be written again.
 * @throws PeerglassError E_USAGE when the file cannot be written
 */
export function logged(sessions: Sessions, file: string | null): Sessions {
  if (file === null) return sessions;
  const name = fileText(file);
  let log: LogFile;
  try {
    log = new LogFile(file);
  } catch (cause) {
    throw usage(`--log: ${name} cannot be written: ${whyUnwritten(cause)}.`, 'Choose another file.');
  }

  function follow<Command, Event extends LoggedEvent>(
    session: Controller<Command, Event>,
    role: 'share' | 'watch',
  ): Controller<Command, Event> {
    const entryOf = entries(role);
    const listeners = new Set<(event: Event) => void>();
    const untold: Notice[] = [];
    const warn = (text: string) => {
      const notice: Notice = { type: 'notice', tone: 'warning', text, code: 'E_LOG' };
      if (listeners.size === 0) untold.push(notice);
      for (const listener of listeners) listener(notice as Event);
    };
    session.subscribe(event => {
      const entry = entryOf(event);
      const problem = entry && log.append(entry);
      if (problem) warn(problem);
      else if (event.type === 'ended' && log.missed > 0) warn(`The log ${name} lacks ${log.missed} entries.`);
    });
    return {
      send: command => session.send(command),
      stop: () => session.stop(),
      subscribe(listener) {
        const unsubscribe = session.subscribe(listener);
        listeners.add(listener);
        for (const notice of untold.splice(0)) listener(notice as Event);
        return () => {
          unsubscribe();
          listeners.delete(listener);
        };
      },
    };
  }

  return {
    startShare: options => follow(sessions.startShare(options), 'share'),
    startWatch: options => follow(sessions.startWatch(options), 'watch'),
  };
}
