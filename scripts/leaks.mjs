// Finds processes that the tests left behind, by a marker in the environment that every child inherits.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 3000;

function processesWith(marker) {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap(name => {
      try {
        if (!readFileSync(`/proc/${name}/environ`, 'latin1').split('\0').includes(marker)) return [];
        const command = readFileSync(`/proc/${name}/cmdline`, 'latin1').split('\0').join(' ').trim();
        return [{ pid: Number(name), command }];
      } catch {
        return []; // it has ended, or belongs to another user
      }
    });
}

/** Gives processes a moment to end, then ends the rest and returns them. Linux only; elsewhere returns nothing. */
export async function endLeftovers(marker) {
  if (process.platform !== 'linux') return [];
  const deadline = Date.now() + PATIENCE_MS;
  let left = processesWith(marker);
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(100);
    left = processesWith(marker);
  }
  for (const { pid } of left) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
  return left;
}
