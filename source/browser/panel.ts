import { bytesText } from '../core/bytes-text.js';
import type { Size } from '../core/rectangle.js';
import { byId, fillList, say } from './elements.js';
import { protectionText } from './protection.js';
import type { BroadcastFacts, WatchFacts } from './watch-facts.js';

/** Seconds in the charts. */
const SPAN = 60;
const CHART = { width: 120, height: 36, top: 3 } as const;

/** A line below the picture's name: the state of the session at a glance. */
export function lineOf({ fps, latency, limit }: WatchFacts): { readonly figures: string; readonly why: string } {
  const figures = [fps >= 0.5 ? `${Math.round(fps)} fps` : '', latency ? ms(latency.p50) : ''];
  return { figures: figures.filter(Boolean).join(' · '), why: limit ?? '' };
}

/** The rows of the page of figures. */
export function figureRows(facts: WatchFacts, size: Size | null): (readonly [string, string])[] {
  const { receive, decode, present } = facts.stages;
  const encodings = Object.entries(facts.encodings).sort(([, a], [, b]) => b - a);
  const rows: (readonly [string, string])[] = [
    ['Share', facts.name || 'without a name'],
    ['Picture', size ? `${size.width} × ${size.height}` : 'none yet'],
    ['Limit', facts.limit ?? 'none yet'],
    [
      facts.broadcast ? 'Age' : 'Delay',
      facts.latency ? `${ms(facts.latency.p50)}, 95 % within ${ms(facts.latency.p95)}` : 'unknown',
    ],
    ...broadcastRows(facts.broadcast),
    ['Received', `${facts.mbitPerSecond.toFixed(2)} Mbit/s, ${bytesText(facts.bytes)} in all`],
    ['Compression', facts.compression > 0 ? `${facts.compression.toFixed(1)} : 1` : 'none yet'],
    ['Frames', facts.frames.toLocaleString('en')],
    ['Arrival', `${ms(receive)} a frame`],
    ['Decoding', `${ms(decode)} a frame`],
    ['Drawing', `${ms(present)} a frame`],
    ['Encodings', encodings.map(([name, count]) => `${name} ${count.toLocaleString('en')}`).join(', ') || 'none yet'],
    ...(facts.video === null ? [] : [['Film', facts.video] as const]),
    ['Encryption', facts.encryption ?? (location.protocol === 'https:' ? 'https' : 'none')],
  ];
  return rows;
}

function broadcastRows(broadcast: BroadcastFacts | null): (readonly [string, string])[] {
  if (!broadcast) return [];
  const { segment, jumps, still } = broadcast;
  return [
    ['Segment', segment === null ? 'none yet' : `${segment}${still ? ', still pictures' : ''}`],
    ['Jumps', `${jumps} to the newest picture`],
  ];
}

/** The page of figures, and the charts of the last minute. */
export class Panel {
  readonly #panel = byId('panel');
  readonly #toggle = byId('panel-toggle');
  readonly #history: { readonly fps: number; readonly delay: number | null }[] = [];
  #size: Size | null = null;
  #facts: WatchFacts | null = null;

  constructor(keys: readonly (readonly [string, string])[]) {
    this.#toggle.addEventListener('click', () => this.toggle());
    byId('panel-close').addEventListener('click', () => this.close());
    byId('keys').replaceChildren(
      ...keys.flatMap(([key, help]) => {
        const term = document.createElement('dt');
        term.append(...key.split(' ').map(each => Object.assign(document.createElement('kbd'), { textContent: each })));
        return [term, Object.assign(document.createElement('dd'), { textContent: help })];
      }),
    );
  }

  get open(): boolean {
    return !this.#panel.hidden;
  }

  toggle(): void {
    if (this.open) this.close();
    else this.#show(true);
  }

  close(): void {
    if (!this.open) return;
    this.#show(false);
    this.#toggle.focus();
  }

  set size(size: Size) {
    this.#size = size;
  }

  take(facts: WatchFacts): void {
    this.#facts = facts;
    this.#history.push({ fps: facts.fps, delay: facts.latency?.p50 ?? null });
    if (this.#history.length > SPAN) this.#history.shift();
    if (this.open) this.#draw();
  }

  /** Forgets the charts. */
  reset(): void {
    this.#history.length = 0;
    if (this.open) this.#draw();
  }

  #show(open: boolean): void {
    this.#panel.hidden = !open;
    this.#toggle.setAttribute('aria-expanded', String(open));
    if (!open) return;
    this.#draw();
    this.#panel.focus();
  }

  #draw(): void {
    const facts = this.#facts;
    if (!facts) return;
    fillList(byId('figures'), figureRows(facts, this.#size));
    say(byId('protection'), protectionText({ https: location.protocol === 'https:', encryption: facts.encryption }));
    byId('chart-fps-now').textContent = String(Math.round(facts.fps));
    byId('chart-delay-now').textContent = facts.latency ? ms(facts.latency.p50) : 'unknown';
    byId('chart-fps').setAttribute('points', points(this.#history.map(({ fps }) => fps)));
    byId('chart-delay').setAttribute('points', points(this.#history.map(({ delay }) => delay ?? 0)));
  }
}

/** The newest value is at the right. */
function points(values: readonly number[]): string {
  const most = Math.max(...values, 1);
  const { width, height, top } = CHART;
  return values
    .map((value, index) => {
      const x = width - ((values.length - 1 - index) * width) / (SPAN - 1);
      return `${x.toFixed(1)},${(height - (value / most) * (height - top)).toFixed(1)}`;
    })
    .join(' ');
}

function ms(value: number): string {
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ms`;
}
