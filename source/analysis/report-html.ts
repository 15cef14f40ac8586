import { plainLines } from '../core/plain-text.js';
import { type ConnectionReport, frameFigures } from './capture-report.js';
import type { LogReport, SessionReport } from './log-report.js';
import { connectionText, endpoint, logText, wireName } from './report-text.js';
import { bytes, dateText } from './wire-reading.js';

const CHART = { width: 860, height: 180, left: 64, bottom: 28, top: 12 } as const;
/** More points than pixels only make a chart slower: longer series keep the largest value of each group. */
const MAX_POINTS = 800;

type Point = readonly [x: number, y: number];

/** A report as one self-contained HTML file. */
export function captureHtml(connections: readonly ConnectionReport[], title: string): string {
  return page(
    title,
    connections.map(connection => {
      const figures = frameFigures(connection);
      const frames = connection.frames;
      const start = connection.start;
      return [
        `<h2>${escapeHtml(endpoint(connection.client))} → ${escapeHtml(endpoint(connection.server))}, ${escapeHtml(wireName(connection))}</h2>`,
        `<pre>${escapeHtml(connectionText(connection))}</pre>`,
        lineChart(
          'Throughput from the sharer',
          's',
          'Mbit/s',
          connection.throughput.bytes.map(
            (sum, at): Point => [
              at * connection.throughput.spanSeconds,
              (sum * 8) / 1e6 / connection.throughput.spanSeconds,
            ],
          ),
        ),
        barChart('Segment sizes', 'bytes of payload', 'segments', [...connection.server.segmentSizes]),
        ...(figures
          ? [
              lineChart(
                'Frame sizes',
                's',
                'kB',
                frames.map((frame): Point => [(frame.ended - start) / 1000, frame.size / 1000]),
              ),
              lineChart(
                'Time from first to last segment of a frame',
                's',
                'ms',
                frames.map((frame): Point => [(frame.ended - start) / 1000, frame.ended - frame.begun]),
              ),
            ]
          : []),
      ].join('\n');
    }),
  );
}

export function logHtml(report: LogReport, title: string): string {
  const section = (session: SessionReport) =>
    [
      `<h2>${escapeHtml(session.role)}, ${dateText(session.start)}</h2>`,
      `<pre>${escapeHtml(logText({ sessions: [session], leftOut: 0 }))}</pre>`,
      lineChart('Frame rate', 's', 'fps', session.series.fps),
      lineChart('Throughput', 's', 'Mbit/s', session.series.mbitPerSecond),
      lineChart(
        'Frame sizes',
        's',
        'kB',
        session.series.bytesPerFrame.map(([x, y]): Point => [x, y / 1000]),
      ),
    ].join('\n');
  const note = report.leftOut > 0 ? [`<p>${report.leftOut} earlier sessions are left out</p>`] : [];
  return page(title, [...note, ...report.sessions.map(section)]);
}

/** A report that is only text. */
export function textHtml(text: string, title: string): string {
  return page(title, [`<pre>${escapeHtml(text)}</pre>`]);
}

function page(title: string, sections: readonly string[]): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; color: #1d2430; background: #fff; }
  pre { background: #f3f5f8; padding: .8rem 1rem; overflow-x: auto; border-radius: 6px; }
  svg { width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: #556; }
  figure { margin: 1.2rem 0; } figcaption { font-weight: 600; }
  @media (prefers-color-scheme: dark) { body { background: #14171c; color: #dde3ea; } pre { background: #1e232b; } svg text { fill: #9aa5b4; } }
</style></head><body>
<h1>${escapeHtml(title)}</h1>
${sections.join('\n')}
</body></html>
`;
}

function lineChart(title: string, xUnit: string, yUnit: string, series: readonly Point[]): string {
  if (series.length < 2) return '';
  const points = thin(series);
  const scale = scales(points);
  const path = points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${scale.x(x)} ${scale.y(y)}`).join('');
  return figure(title, xUnit, yUnit, scale, `<path d="${path}" fill="none" stroke="#2f7fd1" stroke-width="1.5"/>`);
}

function barChart(title: string, xUnit: string, yUnit: string, bars: readonly Point[]): string {
  if (bars.length === 0) return '';
  const highest = [...bars].sort((a, b) => b[1] - a[1]).slice(0, MAX_POINTS);
  const scale = scales([[0, 0], ...highest]);
  const marks = highest.map(
    ([x, y]) =>
      `<path d="M${scale.x(x)} ${scale.y(0)}V${scale.y(y)}" stroke="#2f7fd1" stroke-width="3"><title>${x}: ${y}</title></path>`,
  );
  return figure(title, xUnit, yUnit, scale, marks.join(''));
}

interface Scales {
  readonly x: (value: number) => string;
  readonly y: (value: number) => string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
}

function scales(points: readonly Point[]): Scales {
  const xs = points.map(([x]) => x);
  const left = Math.min(...xs);
  const last = Math.max(...xs);
  const right = last > left ? last : left + 1;
  const top = Math.max(...points.map(([, y]) => y)) || 1;
  const width = CHART.width - CHART.left - 10;
  const height = CHART.height - CHART.bottom - CHART.top;
  return {
    x: value => (CHART.left + ((value - left) / (right - left)) * width).toFixed(1),
    y: value => (CHART.top + (1 - value / top) * height).toFixed(1),
    left,
    right,
    top,
  };
}

function figure(title: string, xUnit: string, yUnit: string, scale: Scales, marks: string): string {
  const base = CHART.height - CHART.bottom;
  return `<figure><figcaption>${escapeHtml(title)}</figcaption>
<svg viewBox="0 0 ${CHART.width} ${CHART.height}" role="img" aria-label="${escapeHtml(title)}">
<path d="M${CHART.left} ${CHART.top}V${base}H${CHART.width - 10}" fill="none" stroke="#8a94a3"/>
<text x="${CHART.left - 6}" y="${CHART.top + 8}" text-anchor="end">${number(scale.top)}</text>
<text x="${CHART.left - 6}" y="${base}" text-anchor="end">0</text>
<text x="${CHART.left - 6}" y="${CHART.top + 24}" text-anchor="end">${escapeHtml(yUnit)}</text>
<text x="${CHART.left}" y="${CHART.height - 10}">${number(scale.left)}</text>
<text x="${CHART.width - 10}" y="${CHART.height - 10}" text-anchor="end">${number(scale.right)} ${escapeHtml(xUnit)}</text>
${marks}</svg></figure>`;
}

function thin(series: readonly Point[]): readonly Point[] {
  if (series.length <= MAX_POINTS) return series;
  const size = Math.ceil(series.length / MAX_POINTS);
  const points: Point[] = [];
  for (let at = 0; at < series.length; at += size)
    points.push(series.slice(at, at + size).reduce((most, point) => (point[1] > most[1] ? point : most)));
  return points;
}

function number(value: number): string {
  return value >= 1000
    ? bytes(value).replace(/ .*/, match => (match === ' kB' ? 'k' : match === ' MB' ? 'M' : ''))
    : String(Number(value.toFixed(value < 1 ? 3 : 1)));
}

function escapeHtml(text: string): string {
  return plainLines(text).replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`);
}
