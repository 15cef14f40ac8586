import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';
import { NetworkNamespace } from '../helpers/network-namespace.js';

const DUMPCAP = path.resolve(import.meta.dirname, '../../dist/source/analysis/dumpcap.js');

it('captures on a card whose cable was plugged in only a moment ago', () => {
  const namespace = new NetworkNamespace();
  try {
    // Without its other end a cable is as good as not plugged in.
    execFileSync('ip', ['link', 'set', namespace.hereInterface, 'down']);
    const program = `import(${JSON.stringify(DUMPCAP)}).then(({ captureArguments }) => console.log(captureArguments([9000]).join(' ')))`;
    const [command, ...words] = [...namespace.prefix, process.execPath, '-e', program];
    const told = execFileSync(command!, words, { encoding: 'utf8' });
    expect(told.trim()).toBe(`-B 16 -f tcp port 9000 -i lo -i ${namespace.thereInterface}`);
  } finally {
    namespace.remove();
  }
});
