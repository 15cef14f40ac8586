import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../source/node/clock.js';
import { RecordingFile, type WrittenHandle } from '../../../source/session/recording/recording-file.js';

const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-'));
afterAll(() => rmSync(folder, { recursive: true }));

const messages = (...lengths: number[]) => lengths.map((length, index) => new Uint8Array(length).fill(index + 1));
const unexpected = (why: string) => {
  throw new Error(why);
};

/** A disk with room for so many bytes, which takes at most so many at once. */
function disk(room: number, atOnce = 1 << 20) {
  let bytes: number[] = [];
  const handle = {
    closed: false,
    async writev(pieces: readonly Uint8Array[]) {
      if (bytes.length >= room) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
      const all = Buffer.concat(pieces).subarray(0, Math.min(atOnce, room - bytes.length));
      bytes.push(...all);
      return { bytesWritten: all.length, buffers: pieces };
    },
    async truncate(length: number) {
      bytes = bytes.slice(0, length);
    },
    async close() {
      this.closed = true;
    },
  };
  return { handle, written: () => bytes, file: handle as unknown as WrittenHandle };
}

describe('a recording file', () => {
  test('holds what was written to it, in order, also where the system takes little at once', async () => {
    const { file: handle, written } = disk(1 << 20, 7);
    let drained = 0;
    const file = new RecordingFile(handle, systemClock, unexpected, () => drained++);
    file.write(messages(5, 20, 1));
    file.write(messages(30));
    expect(file.waiting).toBe(56);
    await file.close();
    expect(written()).toEqual([...Buffer.concat([...messages(5, 20, 1), ...messages(30)])]);
    expect([file.waiting, file.bytes, drained]).toEqual([0, 56, 1]);
  });

  test('of a disk that gets full keeps its whole messages and says why it ends, once', async () => {
    const { file: handle, handle: state, written } = disk(100);
    const failures: string[] = [];
    const file = new RecordingFile(
      handle,
      systemClock,
      why => failures.push(why),
      () => {},
    );
    file.write(messages(40));
    await expect.poll(() => file.waiting).toBe(0);
    file.write(messages(40, 40, 40));
    await file.close();
    file.write(messages(1));
    expect(failures).toEqual(['the disk is full']);
    expect(written()).toHaveLength(80);
    expect(state.closed).toBe(true);
  });

  test('takes the place of an old file, whoever reads that one, and is readable by its owner alone', async () => {
    const name = path.join(folder, 'old');
    writeFileSync(name, 'the old recording', { mode: 0o644 });
    const before = statSync(name).ino;
    const file = await RecordingFile.open(name, systemClock, unexpected, () => {});
    expect(readFileSync(name)).toHaveLength(0);
    file.write(messages(3));
    await file.close();
    expect([...readFileSync(name)]).toEqual([1, 1, 1]);
    expect(statSync(name).ino).not.toBe(before);
    expect(statSync(name).mode & 0o777).toBe(0o600);
  });

  test('is written through a link', async () => {
    const link = path.join(folder, 'link');
    symlinkSync(path.join(folder, 'behind'), link);
    const file = await RecordingFile.open(link, systemClock, unexpected, () => {});
    file.write(messages(2));
    await file.close();
    expect([...readFileSync(path.join(folder, 'behind'))]).toEqual([1, 1]);
  });

  test.each([
    ['a folder', folder, 'it is a folder'],
    ['a folder that does not exist', path.join(folder, 'none', 'file'), 'there is no such folder'],
    ['a device', '/dev/null', 'it is not a regular file'],
  ])('cannot be %s', async (_, name, why) => {
    await expect(RecordingFile.open(name, systemClock, unexpected, () => {})).rejects.toMatchObject({
      code: 'E_RECORDING',
      message: expect.stringContaining(why),
    });
  });
});
