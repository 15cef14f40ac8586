import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { hasCodeShape } from '../../../source/core/code.js';
import { freshCode, freshVncPassword, parseVncPassword } from '../../../source/session/option-values.js';
import { CONSENT_MS } from '../../../source/session/share/consent.js';
import { VIEWER_LIMITS } from '../../../source/session/share/viewer-limits.js';
import type { ShareOptions } from '../../../source/session/share-options.js';
import { CanvasShare } from '../../helpers/canvas-share.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { RfbTestViewer, type TestViewerOptions } from '../../helpers/rfb-test-viewer.js';
import { paintScene, settled } from '../../helpers/scenes.js';

const SIZE = { width: 320, height: 200 };
const CODE = 'k7m2p4qr';
const closing: { close(): void }[] = [];
const shares: CanvasShare[] = [];

async function share(options: Partial<ShareOptions>): Promise<CanvasShare> {
  const started = await CanvasShare.start(SIZE, options);
  shares.push(started);
  return started;
}

function viewer(started: CanvasShare, options: Partial<TestViewerOptions> = {}): RfbTestViewer {
  const made = new RfbTestViewer({ port: started.port, encodings: [7], ...options });
  closing.push(made);
  return made;
}

async function raw(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  closing.push({ close: () => socket.destroy() });
  await once(socket, 'connect');
  return socket;
}

async function noticed(started: CanvasShare, text: RegExp): Promise<void> {
  while (!started.notices.some(notice => text.test(notice))) await new Promise(resolve => setTimeout(resolve, 5));
}

async function asked(started: CanvasShare): Promise<number> {
  for (;;) {
    const question = started.events.find(event => event.type === 'asking');
    if (question) return question.viewer;
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

afterEach(async () => {
  for (const each of closing.splice(0)) each.close();
  await Promise.all(shares.splice(0).map(each => each.stop()));
});

describe.each(['3.3', '3.7', '3.8'] as const)('a viewer of version %s', version => {
  it('gets in with the code', async () => {
    const started = await share({ access: 'code', vncPassword: CODE });
    paintScene(started);
    const made = viewer(started, { version, code: CODE });
    await made.shakeHands();
    made.start();
    await settled(started, made);
  });

  it('does not get in with another', async () => {
    const started = await share({ access: 'code', vncPassword: CODE });
    await expect(viewer(started, { version, code: 'wrong' }).shakeHands()).rejects.toThrow();
    await noticed(started, /^127\.0\.0\.1 entered a wrong VNC password$/);
  });

  it('waits for the sharer and learns nothing before the answer', async () => {
    const started = await share({ access: 'ask' });
    const made = viewer(started, { version });
    const shaking = made.shakeHands();
    const question = await asked(started);
    await new Promise(resolve => setTimeout(resolve, 50));
    // The banner, and from 3.8 on the security types.
    expect(made.socket.bytesRead).toBe(version === '3.8' ? 14 : 12);
    expect(started.canvas.reads).toBe(0);
    started.sharer.viewers.answer(question, 'yes');
    await shaking;
    made.start();
    await settled(started, made);
  });

  it('gets the reason when the sharer declines', async () => {
    const started = await share({ access: 'ask' });
    const made = viewer(started, { version });
    const shaking = made.shakeHands();
    started.sharer.viewers.answer(await asked(started), 'no');
    await expect(shaking).rejects.toThrow('The sharer declined.');
    await made.ended();
    expect(started.canvas.reads).toBe(0);
    await noticed(started, /^127\.0\.0\.1 was refused$/);
  });
});

describe('the handshake', () => {
  it('says why a code was not accepted', async () => {
    const started = await share({ access: 'code', vncPassword: CODE });
    const made = viewer(started, { code: 'wrong' });
    await expect(made.shakeHands()).rejects.toThrow('The password is wrong.');
    await made.ended();
  });

  it('judges answers that come at the same time one after the other', async () => {
    const clock = new FakeClock();
    const started = await CanvasShare.start(SIZE, { access: 'code', vncPassword: CODE }, clock);
    shares.push(started);
    const wrong = Array.from({ length: 16 }, () => viewer(started, { code: 'wrong' }));
    let refused = 0;
    for (const each of wrong) {
      each.shakeHands().catch(() => {
        refused++;
      });
    }
    await expect.poll(() => started.sharer.viewers.all.filter(each => each.admission === 'settled').length).toBe(15);
    expect(refused).toBe(1);
    clock.advance(1000);
    await expect.poll(() => refused).toBe(2);
    clock.advance(2000);
    await expect.poll(() => refused).toBe(3);
    await noticed(started, /^127\.0\.0\.1 has entered 3 wrong codes$/);
  });

  it('asks the user about a viewer with the right code while many wrong ones are tried, and tells the others nothing', async () => {
    const clock = new FakeClock();
    const started = await CanvasShare.start(SIZE, { access: 'code', vncPassword: CODE }, clock);
    shares.push(started);
    paintScene(started);
    await expect(viewer(started, { code: 'wrong' }).shakeHands()).rejects.toThrow('The password is wrong.');
    clock.advance(1000);
    await expect(viewer(started, { code: 'wrong' }).shakeHands()).rejects.toThrow('The password is wrong.');
    clock.advance(2000);
    await expect(viewer(started, { code: 'wrong' }).shakeHands()).rejects.toThrow('The password is wrong.');
    clock.advance(4000);
    await expect(viewer(started, { code: 'wrong' }).shakeHands()).rejects.toThrow('The password is wrong.');
    // The next one would wait for 8 s.
    const told: string[] = [];
    const late = (code: string) => {
      const made = viewer(started, { code });
      return { made, end: made.shakeHands().catch((error: Error) => void told.push(`${code}: ${error.message}`)) };
    };
    const [bad, declined, good] = [late('wrong'), late(CODE), late(CODE)];
    const questions = () => started.events.filter(event => event.type === 'asking');
    await expect.poll(() => started.sharer.viewers.all.filter(each => each.admission === 'settled').length).toBe(3);
    clock.advance(VIEWER_LIMITS.answerMs);
    await expect.poll(() => questions().length).toBe(2);
    expect(questions().map(({ gaveCode }) => gaveCode)).toEqual([true, true]);
    started.sharer.viewers.answer(questions()[1]!.viewer, 'yes');
    await good.end;
    good.made.start();
    const settling = settled(started, good.made);
    await expect.poll(() => good.made.updates).toBeGreaterThan(0);
    await settling;
    started.sharer.viewers.answer(questions()[0]!.viewer, 'no');
    await new Promise(resolve => setTimeout(resolve, 50));
    expect(told).toEqual([]);
    clock.advance(CONSENT_MS);
    await Promise.all([bad.end, declined.end]);
    const away = 'Too many wrong codes are being tried. Try again in a minute.';
    expect(told.sort()).toEqual([`${CODE}: ${away}`, `wrong: ${away}`]);
  });

  it('leaves three minutes to type a code, and says so when they are over', async () => {
    const clock = new FakeClock();
    const started = await CanvasShare.start(SIZE, { access: 'code', vncPassword: CODE }, clock);
    shares.push(started);
    const socket = await raw(started.port);
    const heard: Buffer[] = [];
    socket.on('data', chunk => heard.push(chunk));
    socket.write(Buffer.concat([Buffer.from('RFB 003.008\n'), Buffer.of(2)]));
    await expect.poll(() => Buffer.concat(heard).length).toBe(12 + 2 + 16);
    clock.advance(179_000);
    expect(started.sharer.viewers.all).toHaveLength(1);
    clock.advance(1000);
    await once(socket, 'close');
    expect(Buffer.concat(heard).toString('latin1')).toContain('No code came within 3 minutes.');
    await noticed(started, /^127\.0\.0\.1 gave no code in 3 min$/);
  });

  it('does not mention a code without one: a wrong key of an earlier connection is reported as such', async () => {
    const started = await share({ access: 'ask' });
    const first = viewer(started, { encodings: [0, -312, 0xd047_5354 | 0], fences: true });
    const shaking = first.shakeHands();
    await started.sharer.command({ type: 'consent', viewer: await asked(started), answer: 'yes' });
    await shaking;
    first.start();
    await first.until(() => first.fences.some(({ payload }) => payload[4] === 3));
    const socket = await raw(started.port);
    const said = new Promise<string>(resolve => {
      let text = '';
      socket.on('data', chunk => {
        text += chunk.toString('latin1');
      });
      socket.on('close', () => resolve(text));
    });
    socket.write(Buffer.concat([Buffer.from('RFB 003.008\n'), Buffer.of(71), Buffer.alloc(32, 1)]));
    expect(await said).toMatch(/That session has ended\./);
    await noticed(started, /^127\.0\.0\.1 tried to resume a session that has ended$/);
    expect(first.closed).toBe(false);
  });

  it('is aborted with a viewer that does not continue it', async () => {
    const clock = new FakeClock();
    const started = await CanvasShare.start(SIZE, {}, clock);
    shares.push(started);
    const socket = await raw(started.port);
    await once(socket, 'data');
    for (const byte of Buffer.from('RFB 00')) {
      socket.write(Buffer.of(byte));
      await new Promise(resolve => setTimeout(resolve, 2));
      clock.advance(2_000);
    }
    expect(socket.destroyed).toBe(false);
    clock.advance(4_000);
    await once(socket, 'close');
    await noticed(started, /^127\.0\.0\.1 did not finish its handshake$/);
  });

  it('survives viewers that leave at any point of it', async () => {
    const started = await share({ access: 'code', vncPassword: CODE });
    const whole = Buffer.concat([Buffer.from('RFB 003.008\n'), Buffer.of(2), Buffer.alloc(16), Buffer.of(1)]);
    for (let length = 0; length <= whole.length; length += 3) {
      const socket = await raw(started.port);
      socket.write(whole.subarray(0, length));
      if (length % 2) socket.resetAndDestroy();
      else socket.end();
    }
    const made = viewer(started, { code: CODE });
    // The address has given no wrong code: no answer to a challenge was ever whole and right or wrong in time.
    await made.shakeHands().catch(() => {});
    expect(started.events.some(event => event.type === 'ended')).toBe(false);
  });

  it('sends nothing but the banner to a program that does not speak rfb', async () => {
    const started = await share({});
    const socket = await raw(started.port);
    const heard: Buffer[] = [];
    socket.on('data', chunk => heard.push(chunk));
    socket.write('GET / HTTP/1.1\r\nHost: example\r\n\r\n');
    await once(socket, 'close');
    expect(Buffer.concat(heard).toString()).toBe('RFB 003.008\n');
    await noticed(started, /does not speak rfb/);
  });
});

describe('a fresh code', () => {
  it('is easy to say, and differs each time', () => {
    const codes = Array.from({ length: 200 }, freshCode);
    expect(new Set(codes).size).toBe(200);
    expect(codes.every(hasCodeShape)).toBe(true);
  });

  it('goes with a VNC password of eight unambiguous characters', () => {
    const passwords = Array.from({ length: 200 }, freshVncPassword);
    expect(new Set(passwords).size).toBe(200);
    for (const password of passwords) {
      expect(password).toMatch(/^[2-9a-hjkmnp-z]{8}$/);
      expect(parseVncPassword(password).ok).toBe(true);
    }
  });
});
