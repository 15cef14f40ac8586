import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { optimizeLater } from '../../source/node/optimize-later.js';

it('sets a flag that this V8 knows', () => {
  expect(execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' })).toContain('--interrupt-budget ');
  expect(optimizeLater).not.toThrow();
});
