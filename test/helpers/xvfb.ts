import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import x11, { type XClient, type XDisplay } from 'x11';
import { ownAtoms } from '../../source/capture/x11/connection.js';
import type { Rectangle } from '../../source/core/rectangle.js';

export interface XvfbOptions {
  readonly width: number;
  readonly height: number;
  readonly depth?: 8 | 15 | 16 | 24 | 30;
  /** A fixed display (from `ownDisplay`), for a server that has to come back on the same one. */
  readonly display?: string;
  /** Further arguments for Xvfb. */
  readonly args?: readonly string[];
}

export interface XServer {
  /** A value for DISPLAY, e.g. ":99". */
  readonly display: string;
  readonly pid: number;
  /** Ends the server and waits for its end. Safe to call twice. */
  stop(): Promise<void>;
}

/** A display number for this process, e.g. ":23456". Servers that pick one count up from 0 and never get that far. */
export function ownDisplay(): string {
  for (let number = 20_000 + (process.pid % 32_768); ; number++) {
    if (!existsSync(`/tmp/.X11-unix/X${number}`) && !existsSync(`/tmp/.X${number}-lock`)) return `:${number}`;
  }
}

/** Starts an Xvfb on a display that it picks itself. It never outlives the test's process. */
export async function startXvfb({ width, height, depth = 24, display, args = [] }: XvfbOptions): Promise<XServer> {
  const screen = `${width}x${height}x${depth}`;
  const place = display === undefined ? [] : [display];
  return startXServer('Xvfb', [
    ...place,
    '-screen',
    '0',
    screen,
    '-nolisten',
    'tcp',
    '-noreset',
    '+extension',
    'RANDR',
    ...args,
  ]);
}

/** Starts any X server that supports -displayfd, such as Xvfb or Xtigervnc. */
export async function startXServer(program: string, args: readonly string[]): Promise<XServer> {
  // The kernel ends it with this process, even if that is killed.
  const leash = ['--pdeathsig', 'KILL', program, '-displayfd', '3', ...args];
  const child = spawn('setpriv', leash, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  const exited = new Promise<void>(resolve => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  let complaints = '';
  child.stderr?.on('data', data => {
    complaints += data;
  });
  const number = await readNumber(child.stdio[3] as Readable, exited, () => `${program} did not start: ${complaints}`);
  return {
    display: `:${number}`,
    pid: child.pid as number,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      const impatience = setTimeout(() => child.kill('SIGKILL'), 3_000);
      await exited;
      clearTimeout(impatience);
    },
  };
}

async function readNumber(pipe: Readable, exited: Promise<void>, complaint: () => string): Promise<number> {
  let text = '';
  pipe.on('data', data => {
    text += data;
  });
  while (!text.endsWith('\n')) {
    const over = await Promise.race([once(pipe, 'data').then(() => false), exited.then(() => true)]);
    if (over && !text.endsWith('\n')) throw new Error(complaint());
  }
  return Number.parseInt(text, 10);
}

/** Connects a plain X client, without shared memory. */
export async function connectDisplay(
  display: string,
): Promise<{ client: XClient; screen: XDisplay['screen'][number] }> {
  const connected = await new Promise<XDisplay>((resolve, reject) => {
    const client = x11.createClient({ display, shm: false }, (error, result) => {
      if (error) reject(error);
      else resolve(result);
    });
    client.on('error', reject);
  });
  ownAtoms(connected.client);
  return { client: connected.client, screen: connected.screen[0]! };
}

export async function closeClient(client: XClient): Promise<void> {
  await new Promise<void>(resolve => client.close(() => resolve()));
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Packed, rows from the top. */
  readonly rgb: Uint8Array;
}

/** A display's picture, read by an independent client with the core protocol's plain GetImage. */
export async function readDisplay(display: string, rectangle?: Rectangle): Promise<Picture> {
  const { client, screen } = await connectDisplay(display);
  try {
    return await readRoot(client, screen.root, rectangle);
  } finally {
    await closeClient(client);
  }
}

/** Like `readDisplay`, but over an open connection, for tests that read often. */
export async function readRoot(client: XClient, root: number, rectangle?: Rectangle): Promise<Picture> {
  const { x, y, width, height } = rectangle ?? (await rootGeometry(client, root));
  const data = await new Promise<Buffer>((resolve, reject) => {
    client.GetImage(2, root, x, y, width, height, 0xffffffff, (error, image) => {
      if (error) reject(error);
      else resolve(image.data);
      return true;
    });
  });
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    rgb[pixel * 3] = data[pixel * 4 + 2]!;
    rgb[pixel * 3 + 1] = data[pixel * 4 + 1]!;
    rgb[pixel * 3 + 2] = data[pixel * 4]!;
  }
  return { width, height, rgb };
}

function rootGeometry(client: XClient, root: number): Promise<Rectangle> {
  return new Promise((resolve, reject) => {
    client.GetGeometry(root, (error, { width, height }) => {
      if (error) reject(error);
      else resolve({ x: 0, y: 0, width, height });
      return true;
    });
  });
}
