import { plainText } from '../../core/plain-text.js';
import type { Size } from '../../core/rectangle.js';
import type { TcpInfo } from '../../native/tcp-info.js';
import { type Announcement, announcementText, cleanAnnouncement, SHARING } from '../announcement.js';
import type { BroadcastSnapshot, ExportSnapshot, RecordingSnapshot, WatchSnapshot, WatchState } from '../snapshot.js';
import { tcpSnapshot } from '../stats/link-figures.js';
import type { ProcessUsage } from '../stats/process-usage.js';
import type { WatchFigures } from '../stats/watch-figures.js';
import type { Scale, WatchWire } from '../watch-options.js';
import type { ProtocolFacts } from './protocol-session.js';

export type ConnectionFacts = Required<ProtocolFacts> & { readonly wire: WatchWire | null };

export interface WatchParts {
  /** Unix time in milliseconds. */
  readonly t: number;
  readonly state: WatchState;
  readonly peer: string;
  readonly facts: ConnectionFacts;
  readonly broadcast: BroadcastSnapshot | null;
  readonly size: Size;
  readonly scale: Scale;
  readonly cursor: boolean;
  readonly figures: WatchFigures;
  readonly usage: ProcessUsage;
  readonly threads: number;
  readonly link: TcpInfo | null;
  readonly silentMs: number | null;
  readonly exported: ExportSnapshot | null;
  readonly recording: RecordingSnapshot | null;
}

/** Builds a snapshot from a watcher's figures; `now` is on the watcher's clock. */
export function watchSnapshot(parts: WatchParts, now: number): WatchSnapshot {
  const { figures, usage, size, link, exported } = parts;
  const { name, ...facts } = parts.facts;
  const verdict = figures.verdict(now, parts.state === 'frozen', bannerOf(parts.state, facts.sharer));
  return {
    t: parts.t,
    role: 'watch',
    state: parts.state,
    peer: parts.peer,
    ...facts,
    name: name || null,
    broadcast: parts.broadcast,
    silentMs: parts.silentMs,
    width: size.width,
    height: size.height,
    scale: parts.scale,
    cursor: parts.cursor,
    fps: figures.fps(now),
    bytesPerFrame: figures.bytesPerFrame(now),
    compressionRatio: figures.compressionRatio(now),
    mbitPerSecond: figures.mbitPerSecond(now),
    frames: figures.frames,
    bytes: figures.bytes,
    skipped: figures.skipped,
    latencyMs: figures.latencyMs(now),
    stagesMs: figures.stagesMs(now),
    encodings: { ...figures.encodings },
    limit: verdict?.limit ?? null,
    bottleneck: verdict?.text ?? null,
    cpuPercent: usage.cpuPercent(),
    rssMb: usage.rssMb(),
    threads: parts.threads,
    tcp: tcpSnapshot(link),
    export: exported,
    recording: parts.recording,
  };
}

const MAX_NAME = 100;

/** A notice for the viewer, given once. */
interface FactsNotice {
  readonly tone: 'good' | 'warning';
  readonly text: string;
}

/**
 * Merges new facts from a protocol; text from the peer is cleaned. A notice is returned when the state of the share
 * changed.
 */
export function withFacts(
  before: ConnectionFacts,
  facts: ProtocolFacts,
): { readonly facts: ConnectionFacts; readonly notice: FactsNotice | null } {
  const name = facts.name === undefined ? before.name : plainText(facts.name, MAX_NAME);
  const sharer = facts.sharer ? cleanAnnouncement(facts.sharer) : before.sharer;
  const after = { ...before, ...facts, name, sharer };
  const same = before.sharer?.kind === sharer?.kind && before.sharer?.text === sharer?.text;
  if (!sharer || same) return { facts: after, notice: null };
  const goesOn = sharer.kind === SHARING.kind;
  // The first state is worth a notice only if it is not "sharing".
  if (goesOn && !before.sharer) return { facts: after, notice: null };
  return { facts: after, notice: { tone: goesOn ? 'good' : 'warning', text: announcementText(sharer) } };
}

const WORDS: Readonly<Record<Exclude<WatchState, 'watching'>, string>> = {
  connecting: 'connecting',
  waiting: 'waiting',
  frozen: 'frozen',
  reconnecting: 'reconnecting',
  ended: 'ended',
};

/** Whose screen, and its state: "192.168.1.82:9000: 31 fps - peerglass". A static picture shows no rate. */
export function windowTitle(whose: string, state: WatchState, fps: number): string {
  const rate = Math.round(fps);
  const how = state !== 'watching' ? WORDS[state] : rate > 0 ? `${rate} fps` : '';
  return `${[plainText(whose), how].filter(Boolean).join(': ')} - peerglass`;
}

/**
 * The reason for a picture that stands still, shown over it; null while everything is normal.
 * @param sharer the sharer's last announcement on this connection; a sharer sends none before it accepts the viewer
 */
export function bannerOf(state: WatchState, sharer: Announcement | null): string | null {
  if (state === 'reconnecting') return 'Connection lost. Reconnecting …';
  if (sharer) return sharer.kind === SHARING.kind ? null : announcementText(sharer);
  return state === 'waiting' ? "Waiting for the sharer's OK …" : null;
}
