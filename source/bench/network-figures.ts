import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const LISTEN = '0A';

/** Whether some process listens on a TCP port of this machine, found out without connecting to it. */
export function isListening(port: number): boolean {
  const place = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return ['/proc/net/tcp', '/proc/net/tcp6'].some(file => {
    try {
      const lines = readFileSync(file, 'latin1').split('\n').slice(1);
      return lines.some(line => {
        const [, local, , state] = line.trim().split(/\s+/);
        return state === LISTEN && local?.endsWith(place);
      });
    } catch {
      return false; // no IPv6 here
    }
  });
}

/** Bytes of payload that were written to the connections from a port of this machine, as the kernel counts them. */
export function bytesSentFrom(port: number): number {
  const text = execFileSync('ss', ['-tinH', 'state', 'established', 'sport', '=', `:${port}`], { encoding: 'latin1' });
  return [...text.matchAll(/\bbytes_sent:(\d+)/g)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
}

/** A port that nobody uses at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
