import { unixTime } from '../node/clock.js';
import { whyUnwritten } from '../node/whole-file.js';
import type { AppServices, Controller } from '../session/app-services.js';
import type { ShareEvent, WatchEvent } from '../session/messages.js';
import { usage } from './given-flags.js';
import { LogFile } from './log-file.js';

type Sessions = Pick<AppServices, 'startShare' | 'startWatch'>;
type LoggedEvent = ShareEvent | WatchEvent;
type Notice = Extract<LoggedEvent, { type: 'notice' }>;

/** A little less than a second, because what comes each second does not come to the millisecond. */
const SNAPSHOT_MS = 900;

/** The entry of an event, or null for what is not logged: pictures, messages of the wire, and snapshots more than one a second. */
function entries(role: 'share' | 'watch'): (event: LoggedEvent) => object | null {
  let loggedAt = Number.NEGATIVE_INFINITY;
  return event => {
    if (event.type === 'thumbnail' || event.type === 'picture' || event.type === 'messages') return null;
    if (event.type !== 'snapshot') return { t: unixTime(), role, ...withoutCode(event) };
    if (event.snapshot.t - loggedAt < SNAPSHOT_MS) return null;
    loggedAt = event.snapshot.t;
    return { type: 'snapshot', ...event.snapshot };
  };
}

/** Whoever is sent a log to look at is not let in by it. */
function withoutCode(event: LoggedEvent): object {
  return event.type === 'listening' ? { type: event.type, wires: event.wires } : event;
}

/**
 * Sessions that also append what they tell to a file: a line of JSON each. What cannot be written ends no session: the
 * person is told, and the log says how much it lacks as soon as it can be written again.
 * @throws PeerglassError E_USAGE when the file cannot be written
 */
export function logged(sessions: Sessions, file: string | null): Sessions {
  if (file === null) return sessions;
  let log: LogFile;
  try {
    log = new LogFile(file);
  } catch (cause) {
    throw usage(`--log: ${file} cannot be written: ${whyUnwritten(cause)}.`, 'Choose another file.');
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
      else if (event.type === 'ended' && log.missed > 0) warn(`The log ${file} lacks ${log.missed} entries.`);
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
