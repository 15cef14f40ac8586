import { type LevelCost, linkVerdict, shareVerdict, type Verdict } from '../../analysis/bottleneck.js';
import type { SourceDescription } from '../../capture/capture-source.js';
import { mbitOf } from '../../core/bit-rate.js';
import type { ErrorReport } from '../../core/errors.js';
import { unixTime } from '../../node/clock.js';
import type {
  ExportSnapshot,
  RecordingSnapshot,
  SharedBroadcastSnapshot,
  ShareSnapshot,
  ShareState,
  SlowestViewer,
  VideoSnapshot,
  ViewerSnapshot,
} from '../snapshot.js';
import type { ProcessUsage } from '../stats/process-usage.js';
import type { ShareFigures } from '../stats/share-figures.js';
import type { ShareSettings, ViewerSession } from './viewer-session.js';

export interface SnapshotParts {
  readonly state: ShareState;
  /** Why the source cannot be captured for now, or null. */
  readonly missing: ErrorReport | null;
  readonly source: SourceDescription | null;
  readonly settings: ShareSettings;
  readonly viewers: readonly ViewerSession[];
  readonly figures: ShareFigures;
  readonly usage: ProcessUsage;
  readonly threads: number;
  readonly exported: ExportSnapshot | null;
  readonly recording: RecordingSnapshot | null;
  readonly broadcast: SharedBroadcastSnapshot | null;
  readonly video: VideoSnapshot;
  /** The costs of other deflate levels. */
  readonly levels: readonly LevelCost[];
}

/** A new viewer does not have a full second of frames yet. */
const JOINING_MS = 2000;

/** Collects a share's figures; `now` is on its clock. */
export function shareSnapshot(parts: SnapshotParts, now: number): ShareSnapshot {
  const { figures, settings, source, usage } = parts;
  // First, because a viewer's snapshot updates the shared figures with the bytes its socket has taken.
  const viewers = parts.viewers.map(viewer => withinCap(viewer.snapshot(), settings.fps));
  const watching = Math.max(viewers.filter(viewer => viewer.state === 'watching').length, 1);
  const mean = figures.fps(now) / watching;
  const stagesMs = figures.stagesMs(now);
  const verdict = verdictOf(parts, now);
  const cpuPercent = usage.cpuPercent();
  return {
    t: unixTime(),
    role: 'share',
    state: parts.state,
    fps: viewers.some(({ wire }) => wire === 'classic') ? mean : Math.min(mean, settings.fps),
    bytesPerFrame: figures.bytesPerFrame(now),
    compressionRatio: figures.compressionRatio(now),
    mbitPerSecond: figures.mbitPerSecond(now),
    frames: figures.frames,
    bytes: figures.bytes,
    latencyMs: figures.latencyMs(now),
    stagesMs,
    limit: verdict?.limit ?? null,
    bottleneck: verdict?.text ?? null,
    cpuPercent,
    rssMb: usage.rssMb(),
    threads: parts.threads,
    export: parts.exported,
    recording: parts.recording,
    source: source && {
      kind: source.kind,
      description: source.description,
      why: source.why,
      width: source.width,
      height: source.height,
    },
    missing: parts.missing,
    level: settings.level,
    quality: settings.quality,
    fpsCap: settings.fps,
    uplinkMbit: mbitOf(settings.uplink),
    cursor: settings.cursor !== 'hidden',
    viewers,
    broadcast: parts.broadcast,
    publishedFps: publishedFps(parts, now),
    slowest: slowestOf(parts, viewers, now),
    changedFrames: figures.changedFrames,
    repeatedFrames: figures.repeatedFrames,
    capturedPixels: figures.capturedPixels,
    changedPixels: figures.changedPixels,
    encodedRectangles: figures.encodedRectangles,
    sharedRectangles: figures.sharedRectangles,
    video: parts.video,
  };
}

/** Never above the cap: a one-second window may hold one more picture if they fall on both of its edges. */
function publishedFps({ figures, settings }: SnapshotParts, now: number): number {
  return Math.min(figures.published.count(now), settings.fps);
}

/** A classic viewer also gets repeated frames, which the cap does not count. */
function withinCap(viewer: ViewerSnapshot, cap: number): ViewerSnapshot {
  return viewer.wire === 'rfb' && viewer.fps > cap ? { ...viewer, fps: cap } : viewer;
}

/** A viewer that gets less than this fraction of the published frames is called slow. */
const SLOW = 0.8;

/** Lower rates are too coarse to compare. */
const MIN_PUBLISHED = 5;

function slowestOf(parts: SnapshotParts, viewers: readonly ViewerSnapshot[], now: number): SlowestViewer | null {
  const published = publishedFps(parts, now);
  const since = unixTime() - JOINING_MS;
  const slow = viewers.filter(
    ({ state, fps, connectedAt }) => state === 'watching' && fps < published * SLOW && connectedAt < since,
  );
  if (published < MIN_PUBLISHED || parts.settings.paused || parts.missing || slow.length === 0) return null;
  const { id, address, fps } = slow.reduce((least, each) => (each.fps < least.fps ? each : least));
  const viewer = parts.viewers.find(each => each.id === id);
  return viewer ? { id, address, fps, ...linkVerdict(viewer.link(now), fps) } : null;
}

function verdictOf({ figures, settings, missing, viewers, levels }: SnapshotParts, now: number): Verdict | null {
  const watching = viewers.filter(viewer => viewer.state === 'watching');
  return shareVerdict({
    watching: watching.length,
    paused: settings.paused || missing !== null,
    fps: figures.changedFps(now) / Math.max(watching.length, 1),
    fpsCap: settings.fps,
    captures: figures.gates.captures(now),
    gate: figures.gates.gate(now),
    stagesMs: figures.stagesMs(now),
    encodeShare: figures.encoding.share(now),
    bytesPerFrame: figures.bytesPerFrame(now),
    links: watching.map(viewer => viewer.link(now)),
    levels,
  });
}
