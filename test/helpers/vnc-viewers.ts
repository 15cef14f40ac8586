import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { PNG } from 'pngjs';
import { decodeJpeg } from '../../source/native/jpeg-binding.js';
import type { NewerProgram } from './newer-debian.js';
import { obscured } from './vnc-servers.js';
import { findWindow } from './windows.js';
import { type Picture, readDisplay } from './xvfb.js';

/** A running viewer program of another project. */
export interface VncViewer {
  /** The picture that it shows, null while there is none. */
  picture(): Promise<Picture | null>;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

function start(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
  const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** A viewer with a window on a display, whose picture is read from there. */
function windowed(child: ChildProcess, display: string, title: string): VncViewer {
  return {
    async picture() {
      const window = findWindow(display, title);
      return window && readDisplay(display, window);
    },
    stop: () => end(child),
  };
}

const TIGER: NewerProgram = { program: 'xtigervncviewer', before: [] };

/**
 * @param args e.g. -PreferredEncoding=ZRLE
 * @param from another release than the installed one
 */
export function tigerVncViewer(
  display: string,
  port: number,
  title: string,
  args: readonly string[],
  { program, before } = TIGER,
): VncViewer {
  const quiet = ['-MenuKey=', '-ViewOnly', '-RemoteResize=0', '-ReconnectOnError=0'];
  const env = { ...process.env, DISPLAY: display };
  return windowed(start(program, [...before, ...quiet, ...args, `127.0.0.1::${port}`], env), display, title);
}

/** @param args e.g. -encodings hextile */
export function tightVncViewer(display: string, port: number, title: string, args: readonly string[]): VncViewer {
  const env = { ...process.env, DISPLAY: display };
  const child = start('xtightvncviewer', ['-viewonly', ...args, `127.0.0.1::${port}`], env);
  return windowed(child, display, `TightVNC: ${title}`);
}

export interface LibVncOptions {
  /** By libvncclient's names, e.g. "tight copyrect". */
  readonly encodings: string;
  readonly bytesPerPixel: 1 | 2 | 4;
  readonly quality?: number;
  readonly code?: string;
}

let compiled: string | null = null;

/** A viewer on libvncclient, compiled when first needed. */
export async function libVncViewer(port: number, options: LibVncOptions): Promise<VncViewer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-libvnc-'));
  compiled ??= compile();
  const file = path.join(folder, 'picture.ppm');
  const { encodings, bytesPerPixel, quality, code } = options;
  const args = [
    '127.0.0.1',
    String(port),
    encodings,
    String(bytesPerPixel),
    String(quality ?? 'none'),
    code ?? '-',
    file,
  ];
  const child = start(compiled, args);
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const stop = async () => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const { value, done } = await lines.next();
  if (done || value !== 'ready') {
    await stop();
    throw new Error('the libvncclient viewer was not let in');
  }
  return {
    async picture() {
      child.stdin?.write('\n');
      const answer = await lines.next();
      return answer.done ? null : readPpm(file);
    },
    stop,
  };
}

function compile(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-libvnc-viewer-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const program = path.join(folder, 'libvnc-viewer');
  const source = path.join(import.meta.dirname, '../interop/libvnc-viewer.c');
  execFileSync('cc', ['-O1', '-o', program, source, '-lvncclient'], { stdio: ['ignore', 'ignore', 'inherit'] });
  return program;
}

/** The picture that gvnccapture (gtk-vnc) saves. */
export async function gvncCapture(port: number): Promise<Picture> {
  return captured(
    'gvnccapture',
    'picture.png',
    file => ['-q', `127.0.0.1:${port - 5900}`, file],
    bytes => {
      const { width, height, data } = PNG.sync.read(bytes);
      return { width, height, rgb: withoutAlpha(data) };
    },
  );
}

/** The picture that vncsnapshot saves, as a JPEG. @param args e.g. -encodings "tight" */
export async function vncSnapshot(port: number, args: readonly string[]): Promise<Picture> {
  const display = `127.0.0.1:${port - 5900}`;
  return captured(
    'vncsnapshot',
    'picture.jpg',
    file => ['-quiet', '-nocursor', ...args, display, file],
    bytes => {
      const { width, height, data } = decodeJpeg(bytes);
      return { width, height, rgb: withoutAlpha(data) };
    },
  );
}

async function captured(
  program: string,
  name: string,
  args: (file: string) => readonly string[],
  read: (bytes: Buffer) => Picture,
): Promise<Picture> {
  const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-capture-'));
  try {
    const file = path.join(folder, name);
    const child = start(program, args(file));
    const [status] = await once(child, 'exit');
    if (!existsSync(file)) throw new Error(`${program} ended with ${status} and wrote nothing`);
    return read(readFileSync(file));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A password file for viewers. */
export function passwordFile(code: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-code-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'code');
  writeFileSync(file, obscured(code), { mode: 0o600 });
  return file;
}

function withoutAlpha(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) rgb.set(rgba.subarray(from, from + 3), to);
  return rgb;
}

function readPpm(file: string): Picture {
  const bytes = readFileSync(file);
  const [, width, height] = /^P6\n(\d+) (\d+)\n255\n/.exec(bytes.subarray(0, 40).toString('latin1')) ?? [];
  const [columns, rows] = [Number(width), Number(height)];
  return { width: columns, height: rows, rgb: Uint8Array.from(bytes.subarray(bytes.length - columns * rows * 3)) };
}
