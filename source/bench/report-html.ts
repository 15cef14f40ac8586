import type { Machine } from './machine.js';
import { groups, machineText } from './report-text.js';
import type { Spread } from './statistics.js';
import type { Measure, Summary } from './summary.js';

const CHARTS: readonly { readonly title: string; readonly measure: Measure; readonly better: 'lower' | 'higher' }[] = [
  { title: 'Latency, median (ms)', measure: 'latencyP50', better: 'lower' },
  { title: 'Latency, 95th percentile (ms)', measure: 'latencyP95', better: 'lower' },
  { title: 'Frames shown per second', measure: 'shownFps', better: 'higher' },
  { title: 'kB per shown frame', measure: 'kilobytesPerFrame', better: 'lower' },
  { title: 'CPU of both ends per shown frame (ms)', measure: 'cpuPerFrame', better: 'lower' },
  { title: 'Picture quality (PSNR, dB; none = lossless)', measure: 'psnr', better: 'higher' },
];

const BAR = { height: 18, gap: 6, label: 150, width: 260, number: 110 } as const;

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, sign => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? sign);
}

function bar(system: string, of: Spread | null, scale: number, index: number): string {
  const y = index * (BAR.height + BAR.gap);
  const middle = y + BAR.height * 0.72;
  const name = `<text x="${BAR.label - 8}" y="${middle}" text-anchor="end">${escaped(system)}</text>`;
  if (!of) return `${name}<text x="${BAR.label}" y="${middle}" class="none">none</text>`;
  const at = (value: number) => BAR.label + (value / scale) * BAR.width;
  const whisker = y + BAR.height / 2;
  return [
    name,
    `<rect x="${BAR.label}" y="${y}" width="${at(of.median) - BAR.label}" height="${BAR.height}" class="bar"/>`,
    `<line x1="${at(of.least)}" x2="${at(of.most)}" y1="${whisker}" y2="${whisker}" class="spread"/>`,
    `<text x="${at(of.most) + 6}" y="${middle}">${of.median.toFixed(of.median < 100 ? 1 : 0)}</text>`,
  ].join('');
}

function chart(title: string, better: string, measure: Measure, summaries: readonly Summary[]): string {
  const scale = Math.max(1e-9, ...summaries.map(({ values }) => values[measure]?.most ?? 0));
  const height = summaries.length * (BAR.height + BAR.gap);
  const bars = summaries.map(({ system, values }, index) => bar(system, values[measure], scale, index)).join('');
  return `<figure><figcaption>${title}, ${better} is better</figcaption>
<svg width="${BAR.label + BAR.width + BAR.number}" height="${height}">${bars}</svg></figure>`;
}

/** A self-contained page: bars are medians, lines go from the minimum to the maximum of the rounds. */
export function htmlReport(machine: Machine, summaries: readonly Summary[]): string {
  const sections = groups(summaries).map(group => {
    const [first] = group as [Summary, ...Summary[]];
    const charts = CHARTS.map(({ title, measure, better }) => chart(title, better, measure, group)).join('\n');
    const errors = group.flatMap(({ system, errors }) => errors.map(error => `${system} failed: ${error}`));
    const offered = first.offeredFps ? `, ${first.offeredFps.median.toFixed(1)} fps offered` : '';
    return `<section><h2>${escaped(first.workload)}, ${first.size}${offered}</h2><div>${charts}</div>
${errors.map(error => `<p class="error">${escaped(error)}</p>`).join('')}</section>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>peerglass, glass to glass</title>
<style>
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:1200px;margin:2rem auto;padding:0 1rem}
pre{white-space:pre-wrap}
section div{display:flex;flex-wrap:wrap;gap:1rem}
figure{margin:0}figcaption{font-weight:600}
svg text{font:12px system-ui,sans-serif;fill:currentColor}svg .none{opacity:.6}
.bar{fill:#4a7fb5}.spread{stroke:currentColor;stroke-width:2;opacity:.7}
.error{color:#b33}
</style></head><body>
<h1>Glass to glass</h1>
<p>The time from a change on one display to the same change on another. Bars are medians over all rounds; lines go from the minimum to the maximum.</p>
<pre>${escaped(machineText(machine))}</pre>
${sections.join('\n')}
</body></html>
`;
}
