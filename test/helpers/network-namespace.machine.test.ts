import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { removeAbandoned } from '../../source/bench/namespaces.js';
import { stopAfterEach } from './cleanup.js';
import { NetworkNamespace } from './network-namespace.js';

const started = stopAfterEach();

test('what a killed run left is removed before the next one, with its processes, and nothing else', async () => {
  const gone = spawnSync('true').pid;
  const name = `peerglass-${gone}-0-sharer`;
  execFileSync('ip', ['netns', 'add', name]);
  const forgotten = spawn('ip', ['netns', 'exec', name, 'sleep', '1000'], { stdio: 'ignore' });
  const ended = once(forgotten, 'exit');
  await expect.poll(() => execFileSync('ip', ['netns', 'pids', name], { encoding: 'utf8' })).toBe(`${forgotten.pid}\n`);
  const mine = started(new NetworkNamespace());
  removeAbandoned();
  expect(existsSync(`/run/netns/${name}`)).toBe(false);
  expect(await ended).toEqual([null, 'SIGKILL']);
  expect(existsSync(`/run/netns/${mine.name}`)).toBe(true);
});

test('networks that exist together have different addresses', () => {
  const networks = Array.from({ length: 6 }, () => started(new NetworkNamespace()));
  expect(new Set(networks.map(({ here }) => here)).size).toBe(networks.length);
  for (const { there, hereInterface } of networks) {
    expect(execFileSync('ip', ['route', 'get', there], { encoding: 'utf8' })).toContain(` dev ${hereInterface} `);
  }
});
