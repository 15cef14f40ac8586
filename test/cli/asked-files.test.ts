import { expect, test } from 'vitest';
import { parseArguments } from '../../source/cli/arguments.js';
import { AskedFiles } from '../../source/cli/asked-files.js';
import type { DemoCommand } from '../../source/cli/command.js';
import { FakeServices } from '../helpers/fake-sessions.js';

function sessions(line: string) {
  const { share, watch } = parseArguments(['demo', ...line.split(' ')]) as DemoCommand;
  const services = new FakeServices();
  const files = new AskedFiles();
  const minded = files.minding(services);
  minded.startShare(share);
  minded.startWatch({ ...watch, peer: { host: '127.0.0.1', port: 5900 } });
  return { files, share: services.shares[0]!, watch: services.watches[0]! };
}

const FULL = { type: 'notice', tone: 'warning', text: 'The disk is full.', code: 'E_EXPORT' } as const;

test('a snapshot that was not written, and an export that ended before its session, are remembered', () => {
  const { files, watch } = sessions('--snapshot x.png');
  const error = { code: 'E_SNAPSHOT', message: 'The disk is full.', remedy: '' } as const;
  expect(files.unwritten).toBe(null);
  watch.emit({ type: 'ended', error, frames: 3 });
  expect(files.unwritten).toEqual(error);

  const { share, files: other } = sessions('--export x.pcapng');
  share.emit(FULL);
  expect(other.unwritten).toEqual({ code: 'E_EXPORT', message: 'The disk is full.', remedy: '' });
});

test('so is a log that lacks something', () => {
  const { files, watch } = sessions('--headless');
  watch.emit({ ...FULL, code: 'E_LOG' });
  expect(files.unwritten?.code).toBe('E_LOG');
});

test('files requested with a key were reported on the screen, and no other end is about files', () => {
  const { files, share, watch } = sessions('--snapshot x.png');
  share.emit(FULL);
  watch.emit({ type: 'notice', tone: 'warning', text: 'The disk is full.', code: 'E_SNAPSHOT' });
  watch.emit({ type: 'ended', error: { code: 'E_PEER_CLOSED', message: 'Gone.', remedy: '' }, frames: 3 });
  expect(files.unwritten).toBe(null);
});
