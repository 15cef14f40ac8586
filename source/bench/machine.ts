import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PICTURES } from './pictures.js';

/** The machine and programs behind the figures. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  /** At the start; much above 0 means that other programs were running. */
  readonly loadAverage: number;
  readonly programs: Readonly<Record<string, string>>;
  /** The first digits of the SHA-256 of each of the workloads' pictures. */
  readonly pictures: Readonly<Record<string, string>>;
}

const PACKAGES = ['tigervnc-viewer', 'tigervnc-scraping-server', 'x11vnc', 'xvfb', 'libsdl2-2.0-0', 'python3-pygame'];

function packageVersions(): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const name of PACKAGES) {
    try {
      const argv = ['-W', '-f', `\${Version}`, name];
      versions[name] = execFileSync('dpkg-query', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    } catch {
      // not installed, or not Debian
    }
  }
  return versions;
}

export function describeMachine(): Machine {
  const cpus = os.cpus();
  const pictures = readdirSync(PICTURES).filter(name => /\.(png|jpg)$/.test(name));
  return {
    processor: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    memoryGb: Math.round(os.totalmem() / 1e9),
    system: `${os.type()} ${os.release()}`,
    node: process.version,
    loadAverage: Math.round((os.loadavg()[0] ?? 0) * 100) / 100,
    programs: packageVersions(),
    pictures: Object.fromEntries(
      pictures.map(name => [
        name,
        createHash('sha256')
          .update(readFileSync(path.join(PICTURES, name)))
          .digest('hex')
          .slice(0, 12),
      ]),
    ),
  };
}
