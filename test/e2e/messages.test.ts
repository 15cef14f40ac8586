import { describe, expect, test } from 'vitest';
import type { MessageRecord } from '../../source/session/inspect/message-record.js';
import type { ShareEvent, WatchEvent } from '../../source/session/messages.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import { RunningShare } from '../helpers/running-share.js';
import { RunningWatch } from '../helpers/running-watch.js';

const started = stopAfterEach();

function records(session: { readonly events: readonly (ShareEvent | WatchEvent)[] }): MessageRecord[] {
  return session.events.flatMap(event => (event.type === 'messages' ? event.records : []));
}

async function both(wire: 'classic' | 'rfb'): Promise<{ share: RunningShare; watch: RunningWatch }> {
  const ports = wire === 'rfb' ? { rfbPort: 0, classicPort: null } : { rfbPort: null, classicPort: 0 };
  const share = started(await RunningShare.start(ports));
  share.send({ type: 'inspect', messages: true });
  const watch = started(await RunningWatch.start(share.wires[0]!.port, { wire }));
  watch.controller.send({ type: 'inspect', messages: true });
  await watch.state('watching');
  return { share, watch };
}

describe('the messages of the classic protocol', () => {
  test('are the same frames at both ends', async () => {
    const { share, watch } = await both('classic');
    await share.until(() => records(share).length >= 40);
    await watch.until(() => records(watch).length >= 20);
    const sent = new Map(records(share).map(record => [Number(/frame (\d+)/.exec(record.info)?.[1]), record]));
    const matches = records(watch).flatMap(({ info, length, head }) => {
      const other = sent.get(Number(/frame (\d+)/.exec(info)?.[1]));
      return other ? [other.length === length && Buffer.from(other.head).equals(head)] : [];
    });
    expect(matches.length).toBeGreaterThan(10);
    expect(matches).not.toContain(false);
    const changed = records(share).find(({ info }) => info.endsWith('changed'))!;
    expect(changed).toMatchObject({ direction: 'sent', wire: 'classic', name: 'Frame' });
    expect(changed.fields.map(([name]) => name)).toEqual([
      'Frame',
      'Header',
      'Compressed',
      'Picture',
      'Ratio',
      'Encoded in',
      'Kind',
    ]);
    expect(records(watch)[0]).toMatchObject({ direction: 'received' });
  });

  test('are reported only while somebody looks, at most four times a second', async () => {
    const { share } = await both('classic');
    await share.until(() => share.all('messages').length >= 5);
    share.send({ type: 'inspect', messages: false });
    const snapshots = share.all('snapshot').length;
    await share.until(() => share.all('snapshot').length >= snapshots + 2);
    const told = share.all('messages').length;
    await share.until(() => share.all('snapshot').length >= snapshots + 6);
    expect(share.all('messages').length).toBe(told);
  });
});

describe('the messages of rfb', () => {
  test('include everything either side sends, from the handshake on', async () => {
    const { share, watch } = await both('rfb');
    await share.until(() => records(share).filter(({ name }) => name === 'FramebufferUpdate').length >= 20);
    const names = new Set(records(share).map(({ direction, name }) => `${direction} ${name}`));
    for (const name of [
      'sent ProtocolVersion',
      'received ProtocolVersion',
      'sent ServerInit',
      'received SetPixelFormat',
      'received SetEncodings',
      'received FramebufferUpdateRequest',
      'received EnableContinuousUpdates',
      'sent FramebufferUpdate',
      'sent Fence',
      'received Fence',
    ]) {
      expect(names).toContain(name);
    }
    await watch.until(() => records(watch).filter(({ name }) => name === 'FramebufferUpdate').length >= 10);
    const updates = (session: { readonly events: readonly (ShareEvent | WatchEvent)[] }) =>
      records(session)
        .filter(({ name }) => name === 'FramebufferUpdate')
        .map(({ info, length, fields }) => JSON.stringify([info, length, fields]));
    const mine = new Set(updates(share));
    const theirs = updates(watch).slice(0, 8);
    expect(theirs.filter(update => !mine.has(update))).toEqual([]);
    const encodings = records(share).find(({ name }) => name === 'SetEncodings')!;
    expect(encodings.fields.map(([name]) => name)).toContain('Tight');
  });
});
