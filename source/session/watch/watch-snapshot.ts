import type { Size } from '../../core/rectangle.js';
import type { TcpInfo } from '../../native/tcp-info.js';
import type { ExportSnapshot, WatchSnapshot, WatchState } from '../snapshot.js';
import type { ProcessUsage } from '../stats/process-usage.js';
import { tcpSnapshot } from '../stats/tcp-figures.js';
import type { WatchFigures } from '../stats/watch-figures.js';
import type { Scale } from '../watch-options.js';
import { bannerOf } from './window-words.js';
import type { WireFacts } from './wire-session.js';

export type ConnectionFacts = Required<WireFacts> & { readonly wire: 'classic' | 'rfb' | null };

export interface WatchParts {
  /** Unix time in milliseconds. */
  readonly t: number;
  readonly state: WatchState;
  readonly peer: string;
  readonly facts: ConnectionFacts;
  readonly size: Size;
  readonly scale: Scale;
  readonly cursor: boolean;
  readonly figures: WatchFigures;
  readonly usage: ProcessUsage;
  readonly link: TcpInfo | null;
  readonly silentMs: number | null;
  readonly exported: ExportSnapshot | null;
}

/** Puts a watcher's figures together; `now` is on its clock. */
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
    tcp: tcpSnapshot(link),
    export: exported,
  };
}
