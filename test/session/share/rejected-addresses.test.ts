import { afterEach, describe, expect, it } from 'vitest';
import { banText } from '../../../source/node/address-scope.js';
import { RejectedAddresses } from '../../../source/session/share/rejected-addresses.js';
import { CanvasShare } from '../../helpers/canvas-share.js';
import { RfbTestViewer } from '../../helpers/rfb-test-viewer.js';
import { paintScene, settled } from '../../helpers/scenes.js';

describe('a rejected address', () => {
  it('is a banned IPv4 address, and a banned IPv6 network of 64 bits', () => {
    const away = new RejectedAddresses();
    away.ban('192.168.1.5');
    away.ban('2001:db8:1:2::5');
    const banned = (address: string) => away.refusal(address, 0) !== null;
    expect(['192.168.1.5', '2001:db8:1:2:ffff::9'].map(banned)).toEqual([true, true]);
    expect(['192.168.1.6', '2001:db8:1:3::5'].map(banned)).toEqual([false, false]);
    expect(banText('2001:db8:1:2::5')).toBe('2001:db8:1:2::5 and its network (/64)');
    expect(banText('192.168.1.5')).toBe('192.168.1.5');
  });

  it('is one link-local address, not everybody on the link', () => {
    const away = new RejectedAddresses();
    away.ban('fe80::1%eth0');
    expect(away.refusal('fe80::1%eth0', 0)).not.toBeNull();
    expect(away.refusal('fe80::2%eth0', 0)).toBeNull();
    expect(banText('fe80::1%eth0')).toBe('fe80::1%eth0');
  });

  it('is that of a disconnected viewer, for ten seconds', () => {
    const away = new RejectedAddresses();
    away.end('192.168.1.5', 1000);
    expect(away.refusal('192.168.1.5', 10_999)).toBe('The sharer ended this connection.');
    expect(away.refusal('192.168.1.5', 11_000)).toBeNull();
    away.end('2001:db8::5', 0);
    expect(away.refusal('2001:db8::6', 0)).toBe('The sharer ended this connection.');
  });
});

describe('a share', () => {
  const closing: { close(): void }[] = [];
  let share: CanvasShare | null = null;

  afterEach(async () => {
    for (const each of closing.splice(0)) each.close();
    await share?.stop();
    share = null;
  });

  async function watching(): Promise<{
    started: CanvasShare;
    id: number;
    closed: Promise<void>;
    again: () => RfbTestViewer;
  }> {
    const started = await CanvasShare.start({ width: 320, height: 200 });
    share = started;
    paintScene(started);
    const again = () => {
      const made = new RfbTestViewer({ port: started.port, encodings: [7] });
      closing.push(made);
      return made;
    };
    const first = again();
    await first.shakeHands();
    first.start();
    await settled(started, first);
    const closed = new Promise<void>(resolve => first.socket.once('close', () => resolve()));
    await expect.poll(() => started.snapshot.viewers.map(({ state }) => state)).toEqual(['watching']);
    return { started, id: started.snapshot.viewers[0]!.id, closed, again };
  }

  it('bans a viewer: it is disconnected, gets the reason when it reconnects, and is reported once', async () => {
    const { started, id, closed, again } = await watching();
    started.sharer.viewers.ban(id);
    await closed;
    await expect(again().shakeHands()).rejects.toThrow('banned this address');
    await expect.poll(() => started.snapshot.viewers).toEqual([]);
    expect(started.notices.filter(text => /banned/.test(text))).toEqual([
      '127.0.0.1 is banned until this session ends',
    ]);
    expect(started.notices.filter(text => /was refused|code/.test(text))).toEqual([]);
  });

  it('disconnects a viewer, whose program gets the reason when it reconnects, and reports it once', async () => {
    const { started, id, closed, again } = await watching();
    started.sharer.viewers.kick(id);
    await closed;
    await expect(again().shakeHands()).rejects.toThrow('The sharer ended this connection.');
    await expect.poll(() => started.snapshot.viewers).toEqual([]);
    const about = started.notices.filter(text => /disconnected|refused|ended/.test(text));
    expect(about, 'that it came back is no news').toEqual(['127.0.0.1 was disconnected']);
  });
});
