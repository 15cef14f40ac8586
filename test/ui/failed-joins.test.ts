import { afterEach, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../source/core/error-codes.js';
import { type ErrorReport, PeerglassError } from '../../source/core/errors.js';
import { WATCH_DEFAULTS } from '../../source/session/watch-options.js';
import type { Start } from '../../source/ui/app.js';
import { type FakeWatch, watchSnapshot } from '../helpers/fake-sessions.js';
import { type FakeTui, fakeTui, WATCH_OPTIONS } from '../helpers/fake-tui.js';

const ESCAPE = '\u001b';
const ENTER = '\r';
const REMEDY = 'Ask for the one that the screen shows now.';
const WRONG_CODE: ErrorReport = { code: 'E_RFB_AUTH', message: 'Wrong code.', remedy: REMEDY };

let open: FakeTui | null = null;

afterEach(async () => {
  open?.tui.leave(0);
  await open?.tui.done;
  open = null;
});

type Watching = FakeTui & { readonly latest: () => FakeWatch; readonly fail: (error: ErrorReport) => Promise<void> };

async function watching(start: Start = { kind: 'watch', options: WATCH_OPTIONS }): Promise<Watching> {
  const opened = await fakeTui({ start });
  open = opened;
  const latest = () => opened.services.watches.at(-1)!;
  const fail = async (error: ErrorReport) => latest().emit({ type: 'ended', error, frames: 0 });
  if (start.kind === 'watch') await expect.poll(() => opened.services.watches.length).toBe(1);
  return { ...opened, latest, fail };
}

/** As `watching`, by the form. */
async function watchingByTheForm(address: string, code: string): Promise<Watching> {
  const opened = await watching({ kind: 'watch-form', given: { options: WATCH_DEFAULTS, flags: [] } });
  await opened.terminal.waitFor('Watch a screen');
  opened.terminal.press(address, '\t', '\t', '\t', code, ENTER);
  await expect.poll(() => opened.services.watches.length).toBe(1);
  return opened;
}

function error(code: ErrorCode, message = 'It failed.'): ErrorReport {
  return { code, message, remedy: 'Do something about it.' };
}

describe('a wrong code', () => {
  test('is counted, and stays there to be corrected, but is not sent again as it is', async () => {
    const { terminal, services, fail, latest } = await watching();
    await fail({ code: 'E_CODE_REQUIRED', message: 'The sharer asks for a code.', remedy: '' });
    await terminal.waitFor('The sharer asks for a code');
    terminal.press('kafem', ENTER);
    await expect.poll(() => services.watches.length).toBe(2);
    await fail(WRONG_CODE);
    const first = await terminal.waitFor('Not accepted: Wrong code.');
    expect(first).toContain('kafem');
    expect(first).toContain(REMEDY);
    expect(first).not.toContain('answers later');
    terminal.press(ENTER);
    terminal.press('\u001b[C', 'x', ENTER);
    await expect.poll(() => services.watches.length).toBe(3);
    expect(latest().options.code).toBe('kafemx');
    await fail(WRONG_CODE);
    const second = await terminal.waitFor('Not accepted, try 2: Wrong code.');
    expect(second).toContain('kafemx');
    expect(second).toContain('answers later, up to a minute');
  });

  test('makes the next answer come later, which the wait says', async () => {
    const { terminal, services, fail, latest } = await watching();
    const waiting = () =>
      latest().emit({ type: 'snapshot', snapshot: watchSnapshot({ state: 'waiting', wire: null, frames: 0 }) });
    waiting();
    expect(await terminal.waitFor('waiting for the sharer')).toContain('The sharer may have to accept you.');
    await fail(WRONG_CODE);
    await terminal.waitFor('Not accepted: Wrong code.');
    terminal.press('other', ENTER);
    await expect.poll(() => services.watches.length).toBe(2);
    waiting();
    await terminal.waitFor('After a wrong code the answer takes longer, up to a minute.');
  });

  test('is the first one again for somebody who watched, where the share has another one now', async () => {
    const { terminal, services, latest, fail } = await watching();
    await fail(WRONG_CODE);
    await terminal.waitFor('Not accepted: Wrong code.');
    terminal.press('right', ENTER);
    await expect.poll(() => services.watches.length).toBe(2);
    const restarted = { ...WRONG_CODE, message: 'The share was started again, with another code.' };
    latest().emit({ type: 'ended', error: restarted, frames: 20 });
    const screen = await terminal.waitFor('Not accepted: The share was started again');
    expect(screen).not.toContain('answers later');
  });
});

test('a user name and password that are refused are asked for with advice, and counted', async () => {
  const { terminal, services, fail } = await watching();
  const wrong: ErrorReport = { code: 'E_RFB_AUTH', message: 'Wrong password.', remedy: REMEDY, about: 'password' };
  await fail({ code: 'E_USER_REQUIRED', message: 'The server asks for both.', remedy: '' });
  for (const title of ['The server asks for a user name', 'Not accepted: Wrong', 'Not accepted, try 2: Wrong']) {
    const screen = await terminal.waitFor(title);
    if (title.startsWith('Not')) expect(screen).toContain(REMEDY);
    const tries = services.watches.length;
    terminal.press('me', ENTER);
    await terminal.waitFor('Password for me');
    terminal.press('s3cret', ENTER);
    await expect.poll(() => services.watches.length).toBe(tries + 1);
    await fail(wrong);
    expect(await terminal.text()).not.toContain('s3cret');
  }
  await terminal.waitFor('Not accepted, try 3');
});

describe('a failed join', () => {
  test.each<ErrorCode>(['E_CONNECT_REFUSED', 'E_DECLINED'])(
    '%s can be tried again with everything that was typed',
    async code => {
      const { terminal, services, fail, latest } = await watchingByTheForm('192.168.1.86', 'kafem-prawy');
      const { options } = latest();
      expect(options).toMatchObject({ code: 'kafem-prawy', peer: { host: '192.168.1.86' } });
      await fail(error(code));
      const screen = await terminal.waitFor(code);
      expect(screen).toContain('Do something about it.');
      expect(screen).toContain('r try again');
      expect(screen).not.toContain('f forget');
      terminal.press('f');
      terminal.press('r');
      await expect.poll(() => services.watches.length).toBe(2);
      expect(latest().options).toEqual(options);
      expect(services.forgotten).toEqual([]);
    },
  );

  test('can be tried without the code, which is asked for again', async () => {
    const { terminal, services, fail, latest } = await watchingByTheForm('192.168.1.86', 'kafem-prawy');
    await fail(error('E_CODE_DOWNGRADE'));
    expect(await terminal.waitFor('E_CODE_DOWNGRADE')).toContain('c without code');
    terminal.press('c');
    await expect.poll(() => services.watches.length).toBe(2);
    expect(latest().options).toMatchObject({ code: null, user: null, secret: 'code' });
    await fail(error('E_PEER_CLOSED'));
    expect(await terminal.waitFor('E_PEER_CLOSED')).not.toContain('c without code');
  });

  test('leads back to the form with address and code, until one was let in with them', async () => {
    const { terminal, services, fail, latest } = await watchingByTheForm('192.168.1.86', 'kafem-prawy');
    await fail(error('E_DECLINED'));
    await terminal.waitFor('E_DECLINED');
    terminal.press(ESCAPE);
    const form = await terminal.waitFor('Watch a screen');
    expect(form).toContain('192.168.1.86');
    expect(form).toContain('kafem-prawy');
    terminal.press(ENTER);
    await expect.poll(() => services.watches.length).toBe(2);
    expect(latest().options.code).toBe('kafem-prawy');
    latest().emit({ type: 'snapshot', snapshot: watchSnapshot({ frames: 3 }) });
    await terminal.waitFor('● watching');
    latest().emit({ type: 'ended', error: error('E_PEER_CLOSED'), frames: 3 });
    await terminal.waitFor('E_PEER_CLOSED');
    terminal.press(ESCAPE);
    expect(await terminal.waitFor('Watch a screen')).not.toContain('kafem-prawy');
  });

  test('keeps a code that was asked for, too', async () => {
    const { terminal, services, fail } = await watchingByTheForm('192.168.1.86', 'kafem-prawy');
    await fail(WRONG_CODE);
    await terminal.waitFor('Not accepted');
    terminal.press('other', ENTER);
    await expect.poll(() => services.watches.length).toBe(2);
    await fail(error('E_SHARE_FULL'));
    await terminal.waitFor('E_SHARE_FULL');
    terminal.press(ESCAPE);
    const form = await terminal.waitFor('Watch a screen');
    expect(form).toContain('other');
    expect(form).not.toContain('kafem-prawy');
  });
});

test.each<ErrorCode>(['E_NO_DISPLAY', 'E_SDL_MISSING'])('%s: can be watched in the terminal instead', async code => {
  const { terminal, services, fail, latest } = await watching();
  await fail(error('E_CONNECT_REFUSED'));
  expect(await terminal.waitFor('E_CONNECT_REFUSED')).not.toContain('t watch in the terminal');
  terminal.press('t', 'r');
  await expect.poll(() => services.watches.length).toBe(2);
  await fail(error(code));
  await terminal.waitFor('t watch in the terminal');
  const { options } = latest();
  terminal.press('t');
  await expect.poll(() => services.watches.length).toBe(3);
  expect(latest().options).toEqual({ ...options, view: 'terminal' });
});

test('a share that the sharer ended is no failure, and can be joined again', async () => {
  const { terminal, services, fail } = await watching();
  await fail(error('E_SHARE_ENDED', 'The sharer stopped sharing.'));
  const screen = await terminal.waitFor('The sharer stopped sharing.');
  expect(screen).toContain('ended');
  expect(screen).not.toContain('failed');
  terminal.press('r');
  await expect.poll(() => services.watches.length).toBe(2);
});

describe('a sharer that is another one now', () => {
  async function changed(code: ErrorCode = 'E_PEER_CHANGED', started?: Watching) {
    const opened = started ?? (await watching());
    opened.latest().emit({ type: 'snapshot', snapshot: watchSnapshot({ state: 'waiting', frames: 0 }) });
    await opened.fail(error(code));
    await opened.terminal.waitFor(code);
    return opened;
  }

  test.each<ErrorCode>(['E_PEER_CHANGED', 'E_PEER_WEAKER'])(
    '%s: is forgotten after a yes, and tried again',
    async code => {
      const { terminal, services } = await changed(code);
      expect(await terminal.text()).toContain('f forget sharer');
      terminal.press('f');
      await terminal.waitFor('Forget what is remembered about 192.168.1.82:9000?');
      terminal.press('n');
      await terminal.waitFor('f forget sharer');
      expect(services.forgotten).toEqual([]);
      terminal.press('f');
      await terminal.waitFor('[y] yes');
      terminal.press('y');
      await expect.poll(() => services.watches.length).toBe(2);
      expect(services.forgotten).toEqual([{ host: '192.168.1.82', port: 9000 }]);
    },
  );

  describe('takes its time to be forgotten, and meanwhile', () => {
    async function forgetting(opened?: Watching) {
      const { terminal, services } = await changed('E_PEER_CHANGED', opened);
      let forgotten = (): void => {};
      services.forgetPeer = () =>
        new Promise(resolve => {
          forgotten = resolve;
        });
      terminal.press('f');
      await terminal.waitFor('[y] yes');
      terminal.press('y');
      await expect.poll(() => terminal.text()).toMatch(/^(?![\s\S]*(try again|forget sharer|yes))/);
      return { terminal, services, forgotten };
    }

    test('Esc leads away: no watch begins behind the form', async () => {
      const { terminal, services, forgotten } = await forgetting(
        await watchingByTheForm('192.168.1.86', 'kafem-prawy'),
      );
      terminal.press(ESCAPE);
      await terminal.waitFor('Watch a screen');
      forgotten();
      terminal.press(ESCAPE);
      await terminal.waitFor('Share my screen');
      expect(services.watches).toHaveLength(1);
    });

    test('no other key tries again', async () => {
      const { terminal, services, forgotten } = await forgetting();
      terminal.press('r', 'c', 'f');
      forgotten();
      await expect.poll(() => services.watches.length).toBe(2);
      await terminal.waitFor('Connecting');
      expect(services.watches).toHaveLength(2);
    });
  });

  test('cannot be forgotten where the file cannot be written, which is said', async () => {
    const { terminal, services } = await changed();
    services.forgetPeer = () => Promise.reject(new PeerglassError('E_KNOWN_PEERS', 'The file cannot be written.'));
    terminal.press('f');
    await terminal.waitFor('[y] yes');
    terminal.press('y');
    const screen = await terminal.waitFor('E_KNOWN_PEERS');
    expect(screen).toContain('The file cannot be written.');
    expect(screen).not.toContain('f forget');
    expect(services.watches).toHaveLength(1);
  });
});
