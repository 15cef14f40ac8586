import { viewOf, writeU16, writeU32 } from '../../core/bytes.js';
import { fromUtf8 } from '../../core/text.js';
import { LOG_KIND } from '../recording/constants.js';
import { LogFault, type LogMessage, type LogMeta, readBody, readJson, readMeta, whole } from '../recording/messages.js';
import { BROADCAST, BROADCAST_LIMITS, TURN_KIND } from './constants.js';

export type BroadcastState = 'live' | 'paused' | 'ended';

const STATES: ReadonlySet<unknown> = new Set<BroadcastState>(['live', 'paused', 'ended']);

/**
 * What a resource begins with, as in a log: `k` is the segment, `n` the update whose picture it begins with, `cells` how
 * many are in `k/N`. In `m` it is about the newest segment. In `u/N` another one follows when the state has changed.
 */
export interface BroadcastMeta extends LogMeta {
  readonly state: BroadcastState;
  /** About how long a segment is. */
  readonly segmentMs: number;
  /** Segments are handed out when they have ended, for caches that do not stream: nothing arrives before. */
  readonly closed: boolean;
}

export type BroadcastMessage =
  | { readonly type: 'meta'; readonly meta: BroadcastMeta }
  | Extract<LogMessage, { readonly type: 'cell' | 'update' | 'beat' | 'unknown' }>
  /** The next segment begins in about so long: ask for it at a random moment until then. */
  | { readonly type: 'turn'; readonly next: number; readonly inMs: number };

/**
 * Reads the body of a message; the result holds views of it.
 * @throws LogFault
 */
export function readBroadcastBody(kind: number, body: Uint8Array): BroadcastMessage {
  if (kind === TURN_KIND) return readTurn(body);
  if (kind === LOG_KIND.meta) return { type: 'meta', meta: readBroadcastMeta(body) };
  const message = readBody(kind, body);
  return message.type === 'meta' || message.type === 'index' ? { type: 'unknown' } : message;
}

function readTurn(body: Uint8Array): BroadcastMessage {
  if (body.length < BROADCAST.turnBytes) throw new LogFault('a turn is too short');
  const view = viewOf(body);
  return { type: 'turn', next: view.getUint32(0), inMs: view.getUint16(4) };
}

function readBroadcastMeta(body: Uint8Array): BroadcastMeta {
  const said = readJson(body);
  const meta = readMeta(said, BROADCAST_LIMITS.segment);
  const { state, segmentMs, closed } = said;
  if (!STATES.has(state)) throw new LogFault('a description has an unknown state');
  return {
    ...meta,
    state: state as BroadcastState,
    segmentMs: whole(segmentMs, BROADCAST_LIMITS.segmentMs),
    closed: closed === true,
  };
}

/** The bodies of messages beside those of a log. */
export const broadcastBody = {
  meta(meta: BroadcastMeta): Uint8Array[] {
    return [fromUtf8(JSON.stringify({ v: BROADCAST.version, ...meta }))];
  },
  /** @param inMs at most 65535 */
  turn(next: number, inMs: number): Uint8Array[] {
    const bytes = new Uint8Array(BROADCAST.turnBytes);
    writeU32(bytes, 0, next);
    writeU16(bytes, 4, inMs);
    return [bytes];
  },
};
