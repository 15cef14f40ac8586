import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { PeerglassError } from '../core/errors.js';
import type { Size } from '../core/rectangle.js';
import type { CableSettings } from './cable.js';
import { earlier, SYSTEMS, type System } from './systems.js';
import { WORKLOADS } from './workloads/index.js';
import type { Workload } from './workloads/workload.js';

export interface BenchOptions {
  readonly systems: readonly System[];
  readonly workloads: readonly Workload[];
  readonly sizes: readonly Size[];
  /** The name of the baseline for ratios; null if that system does not take part. */
  readonly against: string | null;
  readonly rounds: number;
  readonly seconds: number;
  /** Seconds of warm-up before each measurement, with the same workload. */
  readonly warmUp: number;
  readonly seed: number;
  /** What is between sharers and viewers; null: nothing. */
  readonly cable: CableSettings | null;
  /** Minutes to record and to seek in; null: none. */
  readonly recording: number | null;
  /** The sharer's limit for all viewers together, as `peerglass share --uplink` takes it; null: none. */
  readonly uplink: string | null;
  /** Files to write; `-` stands for standard output. */
  readonly json: string | null;
  readonly html: string | null;
  readonly profile: string | null;
  /** Measure this many light viewers on one share instead; null for no. */
  readonly viewers: number | null;
  readonly stall: boolean;
  /** Measure a broadcast with these numbers of readers instead; null for no. */
  readonly broadcast: readonly number[] | null;
  /** Measure the dashboard instead. */
  readonly dashboard: boolean;
  /** Run the micro-benchmarks whose names contain this text instead; null for no. */
  readonly micro: string | null;
}

export const HELP = `npm run bench -- [options]

Glass to glass: the time from a change on one display to the same change on another, for each system in turn.
  --systems A,B       ${SYSTEMS.map(({ name }) => name).join(', ')}
                      (peerglass,tiger)
  --earlier FOLDER    measure the peerglass of another clone as well (earlier), in the same run
  --source-display wayland   measure peerglass also sharing a Wayland screen, in the same run (peerglass-wayland)
  --workloads A,B     ${WORKLOADS.map(({ name }) => name).join(', ')} (all)
  --cable RATE/DELAY/LOSS    a cable between sharer and viewer, e.g. 20/10/0 (Mbit/s, ms one way, % of packets)
  --size WxH,...      size of the shared screen (1920x1080; on a cable 1366x768)
  --against NAME      baseline for ratios (tiger)
  --rounds N          number of rounds; the systems take turns in each (3; on a cable 5)
  --seconds N         length of each measurement (5)
  --warm-up N         seconds of warm-up before each measurement, for JIT compilers and congestion windows (2)
  --seed N            seed for all motion (1)
  --profile FOLDER    write CPU profiles of peerglass, for Chrome's developer tools or speedscope
Other measurements, instead:
  --viewers N         N light rfb viewers on one share of the first workload: CPU per viewer, and fairness;
                      on a cable: as ever, with N viewers on it, one of which has a window
    --stall           one of them stops reading (not on a cable)
    --uplink RATE     for peerglass share, e.g. 40mbit (on a cable)
  --broadcast N,...   N light readers of a broadcast of the first workload, behind Varnish: latency, CPU of both, and
                      how long 100 who join at once wait for the whole picture
  --recording N       records N minutes of the workloads in turns, as fast as they can be painted: size, and how long
                      it takes to seek
  --dashboard         CPU of the terminal UI while the pattern is shared at 60 fps (goal: below 5 % of a core)
  --micro [TEXT]      time each stage separately; with TEXT, only stages whose names contain it
Results:
  --json FILE         all figures; - for standard output
  --html FILE         a report with charts`;

function usage(message: string): PeerglassError {
  return new PeerglassError('E_USAGE', message, 'npm run bench -- --help lists the options.');
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw usage(`--${name} ${text} is not a whole number above 0.`);
  return value;
}

function size(text: string): Size {
  const match = /^(\d{2,5})x(\d{2,5})$/.exec(text);
  if (!match) throw usage(`--size ${text} is not WIDTHxHEIGHT.`);
  return { width: Number(match[1]), height: Number(match[2]) };
}

function cable(text: string): CableSettings {
  const number = String.raw`(\d{1,5}(?:\.\d{1,3})?)`;
  const match = new RegExp(`^${number}/${number}/${number}$`).exec(text);
  const [rate, delay, loss] = (match ?? []).slice(1).map(Number);
  if (rate === undefined || delay === undefined || loss === undefined || loss > 100) {
    throw usage(`--cable ${text} is not RATE/DELAY/LOSS, e.g. 20/10/0 for 20 Mbit/s, 10 ms one way and no loss.`);
  }
  return { rate, delay, loss };
}

function clone(folder: string): string {
  const whole = path.resolve(folder);
  if (!existsSync(path.join(whole, 'dist/cli.js'))) throw usage(`--earlier ${folder} has no built peerglass.`);
  return whole;
}

function named<Thing extends { readonly name: string }>(
  option: string,
  text: string,
  things: readonly Thing[],
): Thing[] {
  return text.split(',').map(name => {
    const thing = things.find(each => each.name === name);
    if (!thing) throw usage(`--${option} ${name} is not one of ${things.map(each => each.name).join(', ')}.`);
    return thing;
  });
}

/** @returns null for --help. @throws PeerglassError E_USAGE */
export function readOptions(argv: readonly string[]): BenchOptions | null {
  const values = parse(argv);
  if (values.help) return null;
  const systems = [
    ...withSource(values['source-display'], named('systems', values.systems, SYSTEMS)),
    ...(values.earlier === undefined ? [] : [earlier(clone(values.earlier))]),
  ];
  // Of a screen that nobody changes, viewers and readers are sent nothing to measure.
  const many = values.viewers !== undefined || values.broadcast !== undefined;
  const all = many ? WORKLOADS.filter(({ hz }) => hz > 0) : WORKLOADS;
  return {
    systems,
    workloads: values.workloads === 'all' ? all : named('workloads', values.workloads, WORKLOADS),
    cable: values.cable === undefined ? null : cable(values.cable),
    sizes: (values.size ?? (values.cable === undefined ? '1920x1080' : '1366x768')).split(',').map(size),
    against: systems.some(({ name }) => name === values.against) ? values.against : null,
    rounds: whole('rounds', values.rounds ?? (values.cable === undefined ? '3' : '5')),
    seconds: whole('seconds', values.seconds),
    warmUp: whole('warm-up', values['warm-up']),
    seed: whole('seed', values.seed),
    json: values.json ?? null,
    html: values.html ?? null,
    profile: values.profile ?? null,
    viewers: values.viewers === undefined ? null : whole('viewers', values.viewers),
    stall: values.stall,
    broadcast:
      values.broadcast === undefined ? null : values.broadcast.split(',').map(each => whole('broadcast', each)),
    recording: values.recording === undefined ? null : whole('recording', values.recording),
    uplink: values.uplink ?? null,
    dashboard: values.dashboard,
    micro: values.micro ?? null,
  };
}

/** The systems, and peerglass on the other kind of display if it is asked for. */
function withSource(display: string, systems: readonly System[]): readonly System[] {
  if (display === 'x11') return systems;
  const more = SYSTEMS.filter(({ shares }) => shares === display);
  if (more.length === 0) throw usage(`--source-display ${display} is neither x11 nor wayland.`);
  return [...new Set([...systems, ...more])];
}

function parse(argv: readonly string[]) {
  // --micro without a text means all stages.
  const args = argv.flatMap((each, index) =>
    each === '--micro' && (argv[index + 1] ?? '--').startsWith('--') ? ['--micro', ''] : [each],
  );
  try {
    return parseArgs({
      args,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        systems: { type: 'string', default: 'peerglass,tiger' },
        earlier: { type: 'string' },
        'source-display': { type: 'string', default: 'x11' },
        workloads: { type: 'string', default: 'all' },
        cable: { type: 'string' },
        size: { type: 'string' },
        against: { type: 'string', default: 'tiger' },
        rounds: { type: 'string' },
        seconds: { type: 'string', default: '5' },
        'warm-up': { type: 'string', default: '2' },
        seed: { type: 'string', default: '1' },
        json: { type: 'string' },
        html: { type: 'string' },
        profile: { type: 'string' },
        viewers: { type: 'string' },
        uplink: { type: 'string' },
        stall: { type: 'boolean', default: false },
        broadcast: { type: 'string' },
        recording: { type: 'string' },
        dashboard: { type: 'boolean', default: false },
        micro: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw usage(error instanceof Error ? error.message.split('\n')[0]! : String(error));
  }
}
