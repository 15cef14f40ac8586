import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../core/clock.js';
import type { Transport } from '../../core/transport.js';

/** A viewer that was given the code says it at once. */
const PATIENCE_MS = 5000;

/**
 * Whether the first that a viewer says is the code. The classic wire has no codes: this is for the viewer that a demo
 * starts itself, so that no other program of the machine gets to see the screen.
 */
export function saysCode(stream: Transport, code: string, clock: Clock): Promise<boolean> {
  const expected = Buffer.from(code, 'latin1');
  return new Promise(resolve => {
    let said = Buffer.alloc(0);
    const settle = (right: boolean) => {
      cancel();
      stream.off('data', heard);
      stream.off('close', left);
      resolve(right);
    };
    const heard = (chunk: Uint8Array) => {
      said = Buffer.concat([said, chunk.subarray(0, expected.length - said.length)]);
      if (said.length === expected.length) settle(timingSafeEqual(said, expected));
    };
    const left = () => settle(false);
    const cancel = clock.after(PATIENCE_MS, left);
    stream.on('data', heard);
    stream.on('close', left);
    stream.resume();
  });
}
