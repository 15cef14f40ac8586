import { expect, test } from 'vitest';
import { listText } from '../../source/cli/machine-text.js';
import type { ShareTargets } from '../../source/session/app-services.js';

const NOBODY = { sharers: [], more: 0, problem: null };
const MONITOR = {
  ...{ number: 1, name: 'HDMI-1', primary: true },
  geometry: { x: 0, y: 0, width: 1920, height: 1080 },
};

function listed(targets: ShareTargets): string {
  return listText(targets, [], NOBODY);
}

test('where a dialog of the desktop asks, the list says so beside the monitors', () => {
  const text = listed({ source: { kind: 'portal', why: 'of the reason' }, monitors: [MONITOR], windows: [] });
  expect(text).toMatch(
    /captured by portal: of the reason\n.*HDMI-1 \(primary\)\n {2}a dialog of your desktop asks which/,
  );
  expect(text).toMatch(/Windows \(--window ID or TITLE\)\n {2}a dialog of your desktop asks which.*--window any/);
});

test('elsewhere nobody is said to ask', () => {
  const text = listed({ source: { kind: 'x11', why: 'of the reason' }, monitors: [MONITOR], windows: [] });
  expect(text).toMatch(/Windows \(--window ID or TITLE\)\n {2}none/);
  expect(text).not.toContain('dialog');
});

test.each([
  ['cpace,rsa-aes,tls', 'desk  encrypted (CPace)'],
  ['tls', 'desk  encrypted (TLS)'],
  ['of tomorrow,tls', 'desk  encrypted (of tomorrow)'],
  ['none', 'desk  not encrypted'],
  [null, 'desk'],
])('a sharer on the network that announces %j is listed as %j', (encryption, shown) => {
  const sharer = { id: 'desk', name: 'desk', address: '192.168.1.82', port: 5907, interfaceName: 'eth0' };
  const source = { kind: 'x11', why: 'of the reason' } as const;
  const found = { ...NOBODY, sharers: [{ ...sharer, wire: 'rfb', encryption } as const] };
  const text = listText({ source, monitors: [], windows: [] }, [], found);
  expect(text.trimEnd().split('\n').at(-1)).toBe(`  ${'192.168.1.82:5907'.padEnd(24)}  ${shown}`);
});
