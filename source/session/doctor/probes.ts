import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { ShotProcess } from '../../capture/screenshots/shot-process.js';
import { asPeerglassError, PeerglassError } from '../../core/errors.js';
import { nativeMode } from '../../native/native-mode.js';
import { freeThreads } from '../../node/free-threads.js';
import { HelperProcess, programBeside } from '../../node/helper-process.js';
import { hasVectors } from '../../pixels/vectors.js';
import { SHARE_DEFAULTS } from '../share-options.js';
import { type ApartFacts, type CaptureFact, type Facts, type PortFact, type Probed, typical } from './facts.js';
import type { Finding, TerminalFacts } from './finding.js';
import { findingsOf } from './findings.js';

/** No check takes longer. */
const PATIENCE_MS = 6000;
const PROGRAM_MS = 3000;

/**
 * Collects the facts for `peerglass doctor`. No check can crash or block this process: each has a time limit. Nothing
 * is opened to the network: ports are bound on the loopback only, and closed at once.
 */
export async function gatherFacts(
  terminal: TerminalFacts,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Facts> {
  const { DISPLAY, WAYLAND_DISPLAY } = environment;
  // First and alone: it is timed, and a hanging display would block every other check that uses it.
  const captured = DISPLAY ? await apart('x11', environment) : null;
  const hangs = captured !== null && !captured.ok && /does not answer/.test(captured.problem);
  const [sdl, jpeg, inflate, videoDecoder, videoEncoders, memory, wayland, ports, dumpcap, tshark] = await Promise.all([
    hangs ? refused('was not tested: the display does not answer') : apart('sdl', environment),
    apart('jpeg', environment),
    apart('inflate', environment),
    apart('videoDecoder', environment),
    apart('videoEncoders', environment),
    apart('memory', environment),
    WAYLAND_DISPLAY ? compositor(WAYLAND_DISPLAY, environment) : null,
    Promise.all(PORTS.map(tryPort)),
    tryDumpcap(),
    version('tshark'),
  ]);
  const { platform } = process;
  const shows = platform !== 'linux' || Boolean(DISPLAY && !WAYLAND_DISPLAY);
  return {
    platform,
    node: process.versions.node,
    vectors: hasVectors(),
    ...{ cores: os.availableParallelism(), threads: freeThreads() },
    native: mode(),
    x11: captured && { name: DISPLAY ?? '', capture: captured },
    wayland,
    screenshots: shows && !hangs ? await captureScreenshots(environment) : null,
    ...{ sdl, jpeg, inflate, videoDecoder, videoEncoders, memory, ports, dumpcap, tshark, terminal },
    firewall: activeFirewall(),
  };
}

function refused(problem: string, remedy = ''): { ok: false; problem: string; remedy: string } {
  return { ok: false, problem, remedy };
}

function mode(): Facts['native'] {
  try {
    return { ok: true, fact: nativeMode() };
  } catch (thrown) {
    const { message, remedy } = asPeerglassError(thrown);
    return refused(message, remedy);
  }
}

/** One probe in a process of its own. */
export function apart<Name extends keyof ApartFacts>(
  name: Name,
  environment: NodeJS.ProcessEnv,
  patienceMs = PATIENCE_MS,
): Promise<Probed<ApartFacts[Name]>> {
  return new Promise(resolve => {
    const answer = (facts: Probed<ApartFacts[Name]>) => {
      clearTimeout(timer);
      helper.kill();
      resolve(facts);
    };
    const helper = new HelperProcess<Probed<ApartFacts[Name]>, never>(
      { program: programBeside(import.meta.url, './child.js'), arguments: [name], environment, inherited: [] },
      answer,
      how => answer(refused(how)),
    );
    const timer = setTimeout(() => answer(refused(`does not answer within ${patienceMs / 1000} s`)), patienceMs);
  });
}

async function captureScreenshots(environment: NodeJS.ProcessEnv): Promise<Probed<CaptureFact>> {
  const timeoutMs = { first: PATIENCE_MS, later: PATIENCE_MS };
  const shots = new ShotProcess({ kind: 'all' }, { environment, timeoutMs });
  try {
    const { width, height, name } = await shots.capture();
    const pixels = new Uint8Array(width * height * 4);
    const milliseconds = await typical(async () => {
      for (const { image } of (await shots.capture()).shots) {
        image.copyTo(pixels.subarray(0, image.width * image.height * 4));
      }
    });
    return { ok: true, fact: { width, height, description: name, milliseconds } };
  } catch (thrown) {
    if (thrown instanceof PeerglassError) return refused(thrown.message, thrown.remedy);
    return refused((thrown instanceof Error ? thrown.message : String(thrown)).replace(/^node-screenshots /, ''));
  } finally {
    await shots.close();
  }
}

async function compositor(name: string, environment: NodeJS.ProcessEnv): Promise<Facts['wayland']> {
  // The portal is another program than the compositor.
  const portal = apart('portal', environment);
  const answered = await answers(name, environment);
  const capture = answered
    ? await apart('wayland', environment)
    : refused('not tested, the compositor does not answer');
  return { name, answers: answered, capture, portal: await portal };
}

/** Whether something listens on the socket of a Wayland compositor. */
function answers(display: string, { XDG_RUNTIME_DIR = '' }: NodeJS.ProcessEnv): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path.resolve(XDG_RUNTIME_DIR || '/nonexistent', display));
    const over = (answered: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answered);
    };
    const timer = setTimeout(over, PROGRAM_MS, false);
    socket.once('connect', () => over(true)).once('error', () => over(false));
  });
}

const PORTS = [
  { port: SHARE_DEFAULTS.rfbPort, wire: 'rfb', flag: '--rfb-port' },
  { port: SHARE_DEFAULTS.classicPort, wire: 'classic', flag: '--classic-port' },
  { port: SHARE_DEFAULTS.webPort, wire: 'browsers', flag: '--web-port' },
] as const;

function tryPort(asked: (typeof PORTS)[number]): Promise<PortFact> {
  return new Promise(resolve => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve({ ...asked, refusal: error.code ?? error.message }));
    server.listen({ host: '127.0.0.1', port: asked.port, exclusive: true }, () => {
      server.close(() => resolve({ ...asked, refusal: null }));
    });
  });
}

/** Output of a program; null if it is missing, fails, or takes too long. */
function output(program: string, argv: readonly string[]): Promise<{ text: string; problem: string | null }> {
  return new Promise(resolve => {
    const options = { timeout: PROGRAM_MS, killSignal: 'SIGKILL', maxBuffer: 1 << 20 } as const;
    execFile(program, argv, options, (error, stdout, stderr) => {
      if (!error) return resolve({ text: stdout, problem: null });
      const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
      const slow = error.killed ? `does not answer within ${PROGRAM_MS / 1000} s` : '';
      resolve({ text: '', problem: absent ? 'is not installed' : slow || stderr.split('\n')[0] || error.message });
    });
  });
}

async function version(program: string): Promise<Probed<{ version: string }>> {
  const { text, problem } = await output(program, ['--version']);
  if (problem !== null) return refused(problem);
  return { ok: true, fact: { version: /\d+(\.\d+)+/.exec(text)?.[0] ?? '(unknown version)' } };
}

async function tryDumpcap(): Promise<Facts['dumpcap']> {
  const found = await version('dumpcap');
  if (!found.ok) return found;
  const { text } = await output('dumpcap', ['-D']);
  const devices = text.split('\n').filter(line => /^\d+\./.test(line)).length;
  return { ok: true, fact: { version: found.fact.version, devices } };
}

/** Firewalls that a user without rights to query them can see. */
function activeFirewall(): Facts['firewall'] {
  const ports = [SHARE_DEFAULTS.rfbPort, SHARE_DEFAULTS.webPort];
  if (process.platform === 'win32') {
    const rule = 'netsh advfirewall firewall add rule name=peerglass dir=in action=allow protocol=TCP';
    return { name: 'the Windows firewall', open: `${rule} localport=${ports}` };
  }
  if (process.platform === 'darwin') {
    return { name: 'the macOS firewall', open: 'System Settings, Network, Firewall, Options: allow node' };
  }
  try {
    if (/^ENABLED=yes/m.test(readFileSync('/etc/ufw/ufw.conf', 'utf8'))) {
      return { name: 'ufw', open: `sudo ufw allow ${ports}/tcp` };
    }
  } catch {
    // There is none, or this user may not read it.
  }
  const added = ports.map(port => `--add-port=${port}/tcp`).join(' ');
  return existsSync('/run/firewalld') ? { name: 'firewalld', open: `sudo firewall-cmd ${added}` } : null;
}

/** All facts for `peerglass doctor`. Never rejects, and takes a few seconds at most. */
export async function examine(terminal: TerminalFacts, environment?: NodeJS.ProcessEnv): Promise<Finding[]> {
  return findingsOf(await gatherFacts(terminal, environment));
}
