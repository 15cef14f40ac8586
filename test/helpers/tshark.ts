import { execFileSync } from 'node:child_process';
import path from 'node:path';

export const DISSECTOR = path.resolve(import.meta.dirname, '../../source/analysis/peerglass-classic.lua');

/** The lines that tshark prints for a file, with the classic dissector loaded. */
export function tshark(file: string, ...options: string[]): string[] {
  const text = execFileSync('tshark', ['-n', '-r', file, '-X', `lua_script:${DISSECTOR}`, ...options], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return text.split('\n').filter(line => line !== '');
}

/** Arguments that make tshark decode a port as a protocol. */
export function readAs(wire: 'classic' | 'rfb', port: number): string[] {
  return wire === 'classic' ? ['-d', `tcp.port==${port},peerglass`] : ['-d', `tcp.port==${port},vnc`];
}

/** Packets that are malformed according to tshark, or in which a dissector failed. */
export function malformed(file: string, ...options: string[]): string[] {
  const bad = '_ws.malformed || _ws.short || _ws.lua.error || _ws.expert.group == "Malformed"';
  return tshark(file, ...options, '-Y', bad);
}

/** The number of packets according to capinfos, which fails for a truncated file. */
export function packetCount(file: string): number {
  const text = execFileSync('capinfos', ['-M', '-c', file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return Number(/Number of packets:\s+(\d+)/.exec(text)?.[1]);
}
