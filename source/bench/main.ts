// `npm run bench`: see options.ts for what it does.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { asPeerglassError, oneLine } from '../core/errors.js';
import { broadcastRows, measureBroadcasts } from './broadcast.js';
import type { CableSettings } from './cable.js';
import { dashboardRows, measureDashboards } from './dashboard.js';
import { describeMachine } from './machine.js';
import { MICRO_HEADINGS, microRow, runMicro } from './micro/run-micro.js';
import { removeAbandoned } from './namespaces.js';
import { type BenchOptions, HELP, readOptions } from './options.js';
import { profileText } from './profile-summary.js';
import { measureRecordings, recordingRows } from './recording.js';
import { htmlReport } from './report-html.js';
import { machineText, table, textReport } from './report-text.js';
import { type Run, takeTurns } from './rounds.js';
import { killRunning } from './running-process.js';
import { summarise } from './summary.js';
import { stateFolder } from './systems.js';
import { compareViewers, viewersRows } from './viewers.js';

function progress(run: Run): void {
  const { round, workload, system, figures, error } = run;
  const latency = figures?.latencyMs ? `, p50 ${figures.latencyMs.p50.toFixed(1)} ms` : '';
  const outcome = figures ? `${figures.shownFps.toFixed(1)} fps${latency}` : `failed: ${error}`;
  process.stderr.write(`${workload}, round ${round}, ${system}: ${outcome}\n`);
}

function cableText({ rate, delay, loss }: CableSettings): string {
  return `on a cable of ${rate} Mbit/s, ${delay} ms one way, ${loss} % of the packets lost, a queue of 256 KB`;
}

function write(file: string | null, text: string): void {
  if (file === '-') process.stdout.write(text);
  else if (file !== null) writeFileSync(file, text);
}

async function glassToGlass(options: BenchOptions): Promise<boolean> {
  const machine = describeMachine();
  const { floors, runs } = await takeTurns(options, progress);
  const summaries = summarise(runs, options.against);
  const link = options.cable ? [cableText(options.cable)] : [];
  if (options.json !== '-') process.stdout.write(textReport(machine, floors, summaries, options.against, link));
  const { seconds, warmUp, seed, rounds, against, cable } = options;
  const settings = { seconds, warmUp, seed, rounds, against, cable };
  write(options.json, `${JSON.stringify({ machine, settings, floors, summaries, runs }, null, 1)}\n`);
  write(options.html, htmlReport(machine, summaries));
  if (options.profile && options.json !== '-') process.stdout.write(`\n${profileText(options.profile)}`);
  return runs.every(({ figures }) => figures !== null);
}

async function micro(filter: string, options: BenchOptions): Promise<void> {
  const machine = describeMachine();
  const results = await runMicro(filter, options.sizes, ({ name, ms }) => {
    process.stderr.write(`${name}: ${ms.toFixed(3)} ms\n`);
  });
  const rows = [MICRO_HEADINGS, ...results.map(microRow)];
  if (options.json !== '-') process.stdout.write(`${machineText(machine)}\n\n${table(rows)}\n`);
  write(options.json, `${JSON.stringify({ machine, results }, null, 1)}\n`);
}

async function viewers(count: number, options: BenchOptions): Promise<void> {
  const machine = describeMachine();
  const runs = await compareViewers(options, count, run => {
    const { round, system, viewers: number, cpuPercent } = run;
    process.stderr.write(`round ${round}, ${system}, ${number} viewers: ${cpuPercent.toFixed(1)} % of a core\n`);
  });
  const [workload, size] = [options.workloads[0]?.name, options.sizes[0]];
  const heading = `${workload}, ${size?.width}x${size?.height}, light viewers in lockstep; medians over all rounds`;
  if (options.json !== '-')
    process.stdout.write(`${machineText(machine)}\n\n${heading}\n${table(viewersRows(runs))}\n`);
  write(options.json, `${JSON.stringify({ machine, runs }, null, 1)}\n`);
}

async function broadcast(counts: readonly number[], options: BenchOptions): Promise<void> {
  const machine = describeMachine();
  const runs = await measureBroadcasts(options, counts, ({ round, readers, latencyMs, joinMs }) => {
    const latency = `p50 ${latencyMs.p50.toFixed(1)}, p95 ${latencyMs.p95.toFixed(1)} ms`;
    process.stderr.write(`round ${round}, ${readers} readers: ${latency}, joining p95 ${joinMs.p95.toFixed(0)} ms\n`);
  });
  const [workload, size] = [options.workloads[0]?.name, options.sizes[0]];
  const heading = `${workload}, ${size?.width}x${size?.height}, light readers behind Varnish; medians over all rounds`;
  if (options.json !== '-')
    process.stdout.write(`${machineText(machine)}\n\n${heading}\n${table(broadcastRows(runs))}\n`);
  write(options.json, `${JSON.stringify({ machine, runs }, null, 1)}\n`);
}

async function recording(minutes: number, options: BenchOptions): Promise<void> {
  const machine = describeMachine();
  const runs = await measureRecordings(options, minutes, ({ round, bytes, seekMs }) => {
    process.stderr.write(`round ${round}: ${(bytes / 1e6).toFixed(0)} MB, seek p95 ${seekMs.p95.toFixed(0)} ms\n`);
  });
  const heading = `${options.workloads.map(({ name }) => name).join(', ')} in turns`;
  if (options.json !== '-')
    process.stdout.write(`${machineText(machine)}\n\n${heading}\n${table(recordingRows(runs))}\n`);
  write(options.json, `${JSON.stringify({ machine, runs }, null, 1)}\n`);
}

async function dashboard(options: BenchOptions): Promise<void> {
  const machine = describeMachine();
  const runs = await measureDashboards(options, ({ round, terminal, cpuPercent, updatesPerSecond }) => {
    const size = `${terminal.width}x${terminal.height}`;
    const load = `${cpuPercent.toFixed(1)} % of a core at ${updatesPerSecond.toFixed(0)} updates/s`;
    process.stderr.write(`round ${round}, ${size}: ${load}\n`);
  });
  if (options.json !== '-') process.stdout.write(`${machineText(machine)}\n\n${table(dashboardRows(runs))}\n`);
  write(options.json, `${JSON.stringify({ machine, runs }, null, 1)}\n`);
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === null) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  if (options.micro !== null) {
    await micro(options.micro, options);
    return 0;
  }
  if (options.viewers !== null && options.cable === null) {
    await viewers(options.viewers, options);
    return 0;
  }
  if (options.broadcast !== null) {
    await broadcast(options.broadcast, options);
    return 0;
  }
  if (options.recording !== null) {
    await recording(options.recording, options);
    return 0;
  }
  if (options.dashboard) {
    await dashboard(options);
    return 0;
  }
  if (options.cable) removeAbandoned();
  if (options.profile) mkdirSync(options.profile, { recursive: true });
  return (await glassToGlass(options)) ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
process.on('exit', () => {
  killRunning();
  rmSync(stateFolder(), { recursive: true, force: true });
});
main().then(
  code => process.exit(code),
  (error: unknown) => {
    const known = asPeerglassError(error);
    process.stderr.write(`${oneLine(known)}\n`);
    process.exit(known.code === 'E_USAGE' ? 2 : 1);
  },
);
