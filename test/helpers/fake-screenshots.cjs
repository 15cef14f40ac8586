// Replaces node-screenshots in the capturing process. FAKE_SCREENSHOTS names a file: its first line says what each
// capture does, its second line may name the monitor.
'use strict';

const { readFileSync, writeFileSync } = require('node:fs');

const [width, height] = [64, 48];
const file = process.env.FAKE_SCREENSHOTS;

function words() {
  const [does = 'work', name = 'DP-1'] = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return { does, name };
}

function misbehave(does) {
  const [abort, next] = does.split(' ');
  if (abort === 'abort' || abort === 'abort-once') {
    if (abort === 'abort-once') writeFileSync(file, `work\n${next ?? words().name}`);
    process.stderr.write('the portal said \u001b[31mno\n');
    process.abort();
  }
  if (does === 'hang') for (;;);
  if (does === 'throw') throw new Error('the portal said no');
}

class FakeMonitor {
  id = () => 7;
  name = () => words().name;
  x = () => 0;
  y = () => 0;
  width = () => width;
  height = () => height;
  isPrimary = () => true;
  async captureImage() {
    misbehave(words().does);
    const pixels = Buffer.from(Array.from({ length: width * height }, (_, index) => [index & 255, 2, 3, 255]).flat());
    return { width, height, toRawSync: () => pixels };
  }
}

module.exports = {
  Monitor: {
    all() {
      if (words().does === 'abort-listing') process.abort();
      return [new FakeMonitor()];
    },
  },
  Window: { all: () => [] },
};
