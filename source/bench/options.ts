import { parseArgs } from 'node:util';
import { PeerglassError } from '../core/errors.js';
import type { Size } from '../core/rectangle.js';
import { SYSTEMS, type System } from './systems.js';
import { WORKLOADS } from './workloads/index.js';
import type { Workload } from './workloads/workload.js';

export interface BenchOptions {
  readonly systems: readonly System[];
  readonly workloads: readonly Workload[];
  readonly sizes: readonly Size[];
  /** The system that ratios are formed against, by name; null when it does not take part. */
  readonly against: string | null;
  readonly rounds: number;
  readonly seconds: number;
  /** Before each turn is measured, of the same workload, in seconds. */
  readonly warmUp: number;
  readonly seed: number;
  /** Files to write; `-` is standard output. */
  readonly json: string | null;
  readonly html: string | null;
  readonly profile: string | null;
  /** Light viewers on one share instead of glass to glass; null otherwise. */
  readonly viewers: number | null;
  readonly stall: boolean;
  /** What the dashboard costs instead. */
  readonly dashboard: boolean;
  /** Micro-benchmarks instead, those whose names contain this; null otherwise. */
  readonly micro: string | null;
}

export const HELP = `npm run bench -- [options]

Glass to glass: the time from a change on one display to the same change on another, for each system in turn.
  --systems A,B       ${SYSTEMS.map(({ name }) => name).join(', ')}
                      (peerglass,tiger)
  --workloads A,B     ${WORKLOADS.map(({ name }) => name).join(', ')} (all)
  --size WxH,...      of the shared screen (1920x1080)
  --against NAME      the system that ratios are formed against (tiger)
  --rounds N          how often each system takes its turn (3)
  --seconds N         how long each turn is measured (5)
  --warm-up N         how many seconds of the same each turn begins with (2); compilers and windows of flow control settle
  --seed N            of everything that moves (1)
  --profile FOLDER    CPU profiles of peerglass, for Chrome's developer tools or speedscope
Something else instead:
  --viewers N         N light rfb viewers on one share of the first workload: CPU per viewer, and fairness
    --stall           one of them stops reading
  --dashboard         CPU of the terminal UI while the pattern is shared at 60 frames a second (aim: under 5 % of a core)
  --micro [TEXT]      each stage by itself; with TEXT those whose names contain it
Results:
  --json FILE         all figures; - is standard output
  --html FILE         a report with plots`;

function usage(message: string): PeerglassError {
  return new PeerglassError('E_USAGE', message, 'npm run bench -- --help lists the options.');
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw usage(`--${name} ${text} is not a number above 0.`);
  return value;
}

function size(text: string): Size {
  const match = /^(\d{2,5})x(\d{2,5})$/.exec(text);
  if (!match) throw usage(`--size ${text} is not WIDTHxHEIGHT.`);
  return { width: Number(match[1]), height: Number(match[2]) };
}

function named<Thing extends { readonly name: string }>(
  option: string,
  text: string,
  things: readonly Thing[],
): Thing[] {
  return text.split(',').map(name => {
    const thing = things.find(each => each.name === name);
    if (!thing) throw usage(`--${option} ${name} is none of ${things.map(each => each.name).join(', ')}.`);
    return thing;
  });
}

/** @returns null when help was asked for. @throws PeerglassError E_USAGE */
export function readOptions(argv: readonly string[]): BenchOptions | null {
  const values = parse(argv);
  if (values.help) return null;
  const systems = named('systems', values.systems, SYSTEMS);
  return {
    systems,
    workloads: values.workloads === 'all' ? WORKLOADS : named('workloads', values.workloads, WORKLOADS),
    sizes: values.size.split(',').map(size),
    against: systems.some(({ name }) => name === values.against) ? values.against : null,
    rounds: whole('rounds', values.rounds),
    seconds: whole('seconds', values.seconds),
    warmUp: whole('warm-up', values['warm-up']),
    seed: whole('seed', values.seed),
    json: values.json ?? null,
    html: values.html ?? null,
    profile: values.profile ?? null,
    viewers: values.viewers === undefined ? null : whole('viewers', values.viewers),
    stall: values.stall,
    dashboard: values.dashboard,
    micro: values.micro ?? null,
  };
}

function parse(argv: readonly string[]) {
  // A lone --micro means all of them.
  const args = argv.flatMap((each, index) =>
    each === '--micro' && (argv[index + 1] ?? '--').startsWith('--') ? ['--micro', ''] : [each],
  );
  try {
    return parseArgs({
      args,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        systems: { type: 'string', default: 'peerglass,tiger' },
        workloads: { type: 'string', default: 'all' },
        size: { type: 'string', default: '1920x1080' },
        against: { type: 'string', default: 'tiger' },
        rounds: { type: 'string', default: '3' },
        seconds: { type: 'string', default: '5' },
        'warm-up': { type: 'string', default: '2' },
        seed: { type: 'string', default: '1' },
        json: { type: 'string' },
        html: { type: 'string' },
        profile: { type: 'string' },
        viewers: { type: 'string' },
        stall: { type: 'boolean', default: false },
        dashboard: { type: 'boolean', default: false },
        micro: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw usage(error instanceof Error ? error.message.split('\n')[0]! : String(error));
  }
}
