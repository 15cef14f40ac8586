import { describe, expect, test } from 'vitest';
import { PcapngReader } from '../../source/analysis/pcapng-reader.js';
import type { MessageRecord } from '../../source/session/inspect/message-record.js';
import { PacketList } from '../../source/session/inspect/packet-list.js';
import type { ShareCommand } from '../../source/session/messages.js';
import { type FakeShare, type FakeWatch, shareSnapshot, TCP, viewer, watchSnapshot } from '../helpers/fake-sessions.js';
import { type FakeTui, WATCH_OPTIONS } from '../helpers/fake-tui.js';
import { KEY, PAGE_SIZES, tuiOpener } from '../helpers/opened-tui.js';
import { capture, classicFrame, noise } from '../helpers/synthetic-capture.js';

const { enter: ENTER, escape: ESCAPE, up: UP } = KEY;
const START = 1_790_000_000_000;
const opener = tuiOpener();
const sharing = (columns = 80, rows = 24) => opener.sharing('classic', { columns, rows });

async function watching(): Promise<FakeTui & { watch: FakeWatch }> {
  const tui = await opener.open({ start: { kind: 'watch', options: WATCH_OPTIONS } });
  await expect.poll(() => tui.services.watches.length).toBe(1);
  const watch = tui.services.watches[0]!;
  watch.emit({ type: 'snapshot', snapshot: watchSnapshot() });
  await tui.terminal.waitFor('Figures');
  return { ...tui, watch };
}

function message(number: number, change: Partial<MessageRecord> = {}): MessageRecord {
  return {
    number,
    time: START + number * 20,
    direction: 'sent',
    peer: '192.168.1.86:51234',
    wire: 'classic',
    name: 'Frame',
    length: 20_000 + number,
    info: `frame ${number}, ratio ${number}.5, changed`,
    fields: [
      ['Frame', String(number)],
      ['Kind', 'changed'],
    ],
    head: Uint8Array.from({ length: 64 }, (_, index) => index + 0x40),
    ...change,
  };
}

function looks(share: FakeShare): ShareCommand[] {
  return share.sent.filter(command => command.type === 'inspect');
}

describe('the messages page', () => {
  test.each(PAGE_SIZES)('lists, follows, freezes, filters and shows in detail at %i x %i', async (columns, rows) => {
    const { terminal, share } = await sharing(columns, rows);
    terminal.press('m');
    await terminal.waitFor('No messages yet');
    await expect.poll(() => looks(share)).toEqual([{ type: 'inspect', messages: true }]);
    const records = Array.from({ length: 120 }, (_, index) => message(index + 1));
    share.emit({ type: 'messages', records });
    await terminal.waitFor('frame 120');
    await terminal.waitFor('120 messages, 50 per second');
    terminal.press('z');
    await terminal.waitFor('frozen');
    share.emit({ type: 'messages', records: [message(121)] });
    await terminal.waitFor('121 messages');
    expect(await terminal.text()).not.toContain('frame 121');
    terminal.press('z');
    await terminal.waitFor('frame 121');
    terminal.press('/');
    for (const character of 'ame 77') terminal.press(character);
    await terminal.waitFor('1 of 1');
    await terminal.waitFor('frame 77');
    terminal.press(ENTER);
    await terminal.waitFor('Esc back');
    if (rows >= 24) {
      if (rows < 30) terminal.press(ENTER);
      await terminal.waitFor('Kind: changed');
    }
    terminal.press('/', ESCAPE);
    await terminal.waitFor('121 of 121');
    terminal.press(ESCAPE);
    await terminal.waitFor('peerglass watch');
    await expect.poll(() => looks(share).at(-1)).toEqual({ type: 'inspect', messages: false });
  });

  test('keeps the chosen line while others come', async () => {
    const { terminal, share } = await sharing();
    terminal.press('m');
    await expect.poll(() => looks(share)).toHaveLength(1);
    share.emit({ type: 'messages', records: Array.from({ length: 50 }, (_, index) => message(index + 1)) });
    await terminal.waitFor('frame 50');
    terminal.press(UP, UP);
    await terminal.waitFor(/▸ +48 /);
    share.emit({ type: 'messages', records: Array.from({ length: 50 }, (_, index) => message(index + 51)) });
    await terminal.waitFor('48 of 100');
    await terminal.waitFor(/▸ +48 /);
  });

  test('is there while watching too', async () => {
    const { terminal, watch } = await watching();
    terminal.press('m');
    await expect.poll(() => watch.sent).toContainEqual({ type: 'inspect', messages: true });
    watch.emit({ type: 'messages', records: [message(1, { direction: 'received' })] });
    await terminal.waitFor(/peer .*Frame/);
  });
});

describe('the packets page', () => {
  const frames = [1, 2, 3].map(seed => classicFrame(noise(5000, seed)));
  const bytes = capture(frames.map((frame, index) => ({ time: START + index, direction: 'sent', bytes: frame })));

  test.each(PAGE_SIZES)('lists packets as Wireshark does at %i x %i', async (columns, rows) => {
    const { terminal, services } = await sharing(columns, rows);
    terminal.press('p');
    await terminal.waitFor('Waiting for packets of port 9000');
    await expect.poll(() => services.feeds.length).toBe(1);
    const feed = services.feeds[0]!;
    expect(feed.data).toMatchObject({ ports: [{ port: 9000, wire: 'classic' }] });
    const list = new PacketList();
    list.add(new PcapngReader().push(bytes));
    feed.emit({ type: 'packets', ...list.take() });
    await terminal.waitFor(/packets, .*1 connec/);
    terminal.press('/');
    for (const character of '[syn]') terminal.press(character);
    terminal.press(ENTER);
    const text = await terminal.waitFor('1 of 1');
    expect(text).toContain('51234 → 9000 [S');
    if (columns >= 80) expect(text).toMatch(/192\.168\.1\.86 +192\.168\.1\.82/);
    expect(text).toMatch(/Len=0\b/);
    if (columns >= 160) expect(text).toContain('[SYN] Seq=0 Win=64240 Len=0 MSS=1460 WS=128 SACK_PERM');
    if (rows < 24) return;
    if (rows < 30) terminal.press(ENTER);
    await expect.poll(() => feed.asked.at(-1)).toBe(1);
    feed.emit({ type: 'detail', number: 1, detail: list.detail(1) });
    await terminal.waitFor('Internet Protocol Version 4');
    terminal.press('\t', '\u001b[F');
    await terminal.waitFor('0030');
    terminal.press('q');
    await terminal.waitFor('Tell the other');
    await expect.poll(() => feed.stopped).toBe(true);
  });

  test('shows Len in a narrow terminal too, and the rest of the line when scrolled', async () => {
    const { terminal, services } = await sharing(80, 24);
    terminal.press('p');
    await expect.poll(() => services.feeds.length).toBe(1);
    const list = new PacketList();
    list.add(new PcapngReader().push(bytes));
    services.feeds[0]!.emit({ type: 'packets', ...list.take() });
    await terminal.waitFor(/192\.168\.1\.82 +192\.168\.1\.86 +PEERGLASS +9000 → 51234 \[.*… Len=1460/);
    expect(await terminal.text()).not.toContain('Win=');
    terminal.press('\u001b[C');
    await terminal.waitFor(/Seq=\d+ Ack=1 Win=/);
    terminal.press('\u001b[D');
    await terminal.waitFor('… Len=1460');
  });

  test('shows the messages instead where packets cannot be had, and says why', async () => {
    const { terminal, services, share } = await sharing();
    terminal.press('p');
    await terminal.waitFor('Waiting for packets');
    await expect.poll(() => services.feeds.length).toBe(1);
    services.feeds[0]!.emit({ type: 'unavailable', why: 'Real packets need dumpcap: install Wireshark.' });
    await terminal.waitFor('Real packets need dumpcap: install Wireshark. Messages are shown instead.');
    await expect.poll(() => looks(share)).toHaveLength(1);
    share.emit({ type: 'messages', records: [message(1)] });
    await terminal.waitFor('frame 1,');
  });
});

describe('the connection page', () => {
  test.each(PAGE_SIZES)("shows TCP's figures of the chosen viewer at %i x %i", async (columns, rows) => {
    const { terminal, share } = await sharing(columns, rows);
    const viewers = [viewer(1, { tcp: TCP }), viewer(2, { tcp: { ...TCP, rttMs: 99 } })];
    for (let sample = 0; sample < 20; sample++) {
      const tcp = { ...TCP, rttMs: 10 + sample };
      share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers: [{ ...viewers[0]!, tcp }, viewers[1]!] }) });
    }
    terminal.press(ENTER);
    const text = await terminal.waitFor(/RTT +29\.0 ms/);
    expect(text).toContain('192.168.1.86');
    if (rows >= 24) {
      for (const part of ['cwnd, segments', 'ssthresh', '1,460', 'retransmitted', '10.0', '14.6 kB', '64.2 kB']) {
        expect(text).toContain(part);
      }
      expect(text).toContain('Congestion window');
      expect(text).toContain('limited by compression');
    }
    terminal.press('\u001b[B');
    await terminal.waitFor(/RTT +99\.0 ms/);
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers: [] }) });
    await terminal.waitFor('No viewers');
  });

  test('says where the system does not provide them', async () => {
    const { terminal, share } = await sharing();
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers: [viewer(1)] }) });
    terminal.press(ENTER);
    const screen = await terminal.waitFor("The kernel's TCP figures are available on Linux only.");
    expect(screen).not.toContain('ssthresh');
  });
});

describe('an export', () => {
  test.each([
    ['p', 'Waiting for packets'],
    ['m', 'No messages yet'],
  ])('is begun and ended on the page behind %s too, which shows it', async (page, empty) => {
    const { terminal, share } = await sharing();
    const asked = () => share.sent.filter(command => command.type === 'export');
    terminal.press(page);
    await terminal.waitFor(empty);
    terminal.press('e');
    await expect.poll(asked).toMatchObject([{ file: expect.stringMatching(/^peerglass-share-.*\.pcapng$/) }]);
    const exported = { file: 'a.pcapng', packets: 1234, kind: 'captured' as const };
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ export: exported }) });
    await terminal.waitFor('exporting: 1,234 packets  a.pcapng');
    terminal.press('e');
    await expect.poll(asked).toMatchObject([{}, { file: null }]);
    share.emit({ type: 'snapshot', snapshot: shareSnapshot() });
    share.emit({ type: 'notice', tone: 'good', text: 'a.pcapng: 1234 packets' });
    expect(await terminal.waitFor('a.pcapng: 1234 packets')).not.toContain('exporting');
  });

  test("is begun on a viewer's pages", async () => {
    const { terminal, watch } = await watching();
    terminal.press('m');
    await terminal.waitFor('No messages yet');
    terminal.press('e');
    await expect.poll(() => watch.sent.some(command => command.type === 'export' && command.file !== null)).toBe(true);
    watch.emit({ type: 'notice', tone: 'warning', text: 'No such folder.' });
    await terminal.waitFor('! No such folder.');
  });

  test('is shown and can be ended while the figures are frozen', async () => {
    const { terminal, share } = await sharing();
    terminal.press('z');
    const exported = { file: 'a.pcapng', packets: 5, kind: 'captured' as const };
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ export: exported }) });
    await terminal.waitFor('exporting: 5 packets');
    terminal.press('e');
    await expect.poll(() => share.sent.at(-1)).toEqual({ type: 'export', file: null });
  });

  test('is begun and ended by e, and stays visible', async () => {
    const { terminal, share } = await sharing();
    terminal.press('e');
    await expect
      .poll(() => share.sent.find(command => command.type === 'export'))
      .toMatchObject({ file: expect.stringMatching(/^peerglass-share-\d{8}-\d{6}\.pcapng$/) });
    const exported = { file: 'peerglass-share-20260101-120000.pcapng', packets: 1234, kind: 'captured' as const };
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ export: exported }) });
    await terminal.waitFor('exporting: 1,234 packets  peerglass-share-20260101-120000.pcapng');
    terminal.press('e');
    await expect
      .poll(() => share.sent.filter(command => command.type === 'export').at(-1))
      .toMatchObject({ file: null });
  });
});
