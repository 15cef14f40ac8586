import { expect, test } from 'vitest';
import { PeerglassError } from '../../source/core/errors.js';
import { FileSwitch } from '../../source/session/file-switch.js';

/** Opens and completes files when the test says so, and lists what happened. */
class SlowFile {
  readonly happened: string[] = [];
  refuse = false;
  #continue: (() => void)[] = [];
  #open: string | null = null;

  async begin(file: string): Promise<void> {
    this.happened.push(`opening ${file}`);
    await new Promise<void>(resolve => this.#continue.push(resolve));
    if (this.refuse) throw new PeerglassError('E_RECORDING', `${file} cannot be written.`);
    this.#open = file;
    this.happened.push(`opened ${file}`);
  }

  async end(): Promise<void> {
    if (this.#open !== null) this.happened.push(`ended ${this.#open}`);
    this.#open = null;
  }

  notice(_tone: 'warning', text: string, code: string): void {
    this.happened.push(`${code} ${text}`);
  }

  async opens(): Promise<void> {
    await expect.poll(() => this.#continue.length).toBeGreaterThan(0);
    this.#continue.shift()!();
  }
}

test('a session that closes while its file is being opened completes that file', async () => {
  const file = new SlowFile();
  const turns = new FileSwitch(file);
  const begun = turns.begin('a');
  const closed = turns.switchTo(null);
  await file.opens();
  await Promise.all([begun, closed]);
  expect(file.happened).toEqual(['opening a', 'opened a', 'ended a']);
});

test('calls take effect in their order', async () => {
  const file = new SlowFile();
  const turns = new FileSwitch(file);
  const all = [turns.switchTo('a'), turns.switchTo(null), turns.switchTo('b')];
  await file.opens();
  await file.opens();
  await Promise.all(all);
  expect(file.happened).toEqual(['opening a', 'opened a', 'ended a', 'opening b', 'opened b']);
});

test('a file that cannot be begun is an error at the start of a session, and a notice later; both leave the next one alone', async () => {
  const file = new SlowFile();
  const turns = new FileSwitch(file);
  file.refuse = true;
  const begun = turns.begin('a');
  begun.catch(() => {});
  await file.opens();
  await expect(begun).rejects.toMatchObject({ code: 'E_RECORDING' });
  const switched = turns.switchTo('b');
  await file.opens();
  await switched;
  file.refuse = false;
  const last = turns.switchTo('c');
  await file.opens();
  await last;
  expect(file.happened).toEqual([
    'opening a',
    'opening b',
    'E_RECORDING b cannot be written.',
    'opening c',
    'opened c',
  ]);
});
