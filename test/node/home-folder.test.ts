import { expect, test } from 'vitest';
import { homeFolder } from '../../source/node/home-folder.js';

test('an unknown user has no home folder', () => {
  const unknown = () => {
    throw new Error('A system error occurred: uv_os_homedir returned ENOENT');
  };
  expect(homeFolder(unknown)).toBeNull();
  expect(homeFolder(() => '')).toBeNull();
  expect(homeFolder(() => '/home/me')).toBe('/home/me');
});
