import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../source/cli/arguments.js';
import { COMMANDS, FLAGS, flagText } from '../../source/cli/flags.js';
import { nearest } from '../../source/cli/given-flags.js';
import { helpText } from '../../source/cli/help-text.js';
import { takeSecrets } from '../../source/cli/secret-arguments.js';
import { noTerminal } from '../../source/cli/standard-streams.js';
import { PeerglassError } from '../../source/core/errors.js';

function parse(line: string) {
  return parseArguments(line.split(' ').filter(word => word !== ''));
}

function refusal(line: string): PeerglassError {
  return refusalOf(line.split(' ').filter(word => word !== ''));
}

function refusalOf(argv: readonly string[]): PeerglassError {
  try {
    parseArguments(argv);
  } catch (error) {
    if (error instanceof PeerglassError) return error;
    throw error;
  }
  throw new Error(`${argv.join(' ')} was accepted`);
}

describe('the command line', () => {
  test('without a command it is the menu', () => {
    expect(parse('')).toEqual({ kind: 'menu' });
  });

  test('share: the defaults of the contract', () => {
    expect(parse('share')).toMatchObject({
      kind: 'share',
      options: {
        source: { kind: 'auto' },
        target: { kind: 'monitor', number: 1 },
        rfbPort: 5900,
        classicPort: null,
        bind: null,
        access: 'code',
        code: null,
        classicSize: { width: 1366, height: 768 },
        classicFit: 'fit',
        level: 6,
        quality: 'auto',
        fps: 60,
        cursor: 'shown',
        scrollDetection: true,
      },
      run: { headless: false, json: false, duration: null, logFile: null },
    });
  });

  test('share: every flag', () => {
    const line =
      'share --source x11 --display :7 --region 640x480+10-20 --no-rfb --classic-port 9100 --bind ::1 --access open ' +
      '--size 800x600 --crop --level 0 --quality lossless --fps 24 --name desk --no-cursor --no-scroll-detection ' +
      '--headless --json --log l.ndjson --duration 2.5';
    expect(parse(line)).toMatchObject({
      options: {
        source: { kind: 'x11' },
        display: ':7',
        target: { kind: 'region', region: { x: 10, y: -20, width: 640, height: 480 } },
        rfbPort: null,
        classicPort: 9100,
        bind: '::1',
        access: 'open',
        classicSize: { width: 800, height: 600 },
        classicFit: 'crop',
        level: 0,
        quality: 'lossless',
        fps: 24,
        name: 'desk',
        cursor: 'hidden',
        scrollDetection: false,
        logFile: 'l.ndjson',
      },
      run: { headless: true, json: true, logFile: 'l.ndjson', duration: 2.5 },
    });
  });

  test('share: browsers are there beside rfb, or alone, or left out', () => {
    const web = (line: string) => parse(line) as { options: unknown };
    expect(web('share').options).toMatchObject({ rfbPort: 5900, webPort: 5800, webRequired: false });
    expect(web('share --web-port 0').options).toMatchObject({ rfbPort: 5900, webPort: 0, webRequired: true });
    expect(web('share --web-port 5800').options).toMatchObject({ webPort: 5800, webRequired: true });
    expect(web('share --no-web').options).toMatchObject({ rfbPort: 5900, webPort: null });
    expect(web('share --no-rfb --classic').options).toMatchObject({ rfbPort: null, webPort: null, access: 'ask' });
    const alone = { rfbPort: null, webPort: 5800, access: 'code', encrypt: 'required' };
    expect(web('share --no-rfb --web --encrypt required').options).toMatchObject(alone);
    expect(web('share --no-rfb --web-port 8080').options).toMatchObject({ rfbPort: null, webPort: 8080 });
    // What is in the way of the default port is told when the share begins.
    expect(web('share --rfb-port 5800').options).toMatchObject({ rfbPort: 5800, webPort: 5800 });
    expect(web('demo')).toMatchObject({ share: { webPort: null } });
  });

  test('share: a broadcast is there when it is asked for, by one of its flags too, and needs no other protocol', () => {
    const of = (line: string) => (parse(line) as { options: { broadcast: unknown } }).options;
    const usual = {
      port: 5801,
      rate: 500_000,
      segmentSeconds: 10,
      url: null,
      publish: null,
      link: null,
      originToken: null,
    };
    expect(of('share').broadcast).toBeNull();
    expect(of('share --broadcast').broadcast).toEqual(usual);
    expect(of('share --broadcast-port 0').broadcast).toEqual({ ...usual, port: 0 });
    expect(of('share --broadcast --rate 8mbit --segment 1 --origin-token a=b').broadcast).toEqual({
      ...usual,
      ...{ rate: 1_000_000, segmentSeconds: 1, originToken: 'a=b' },
    });
    expect(of('share --broadcast-url https://hall.example/x/').broadcast).toEqual({
      ...usual,
      url: 'https://hall.example/x',
    });
    expect(of('share --publish ssh://anna@server').broadcast).toMatchObject({ publish: { user: 'anna' } });
    const alone = { rfbPort: null, webPort: null, classicPort: null, broadcast: usual };
    expect(of('share --no-rfb --broadcast --headless')).toMatchObject(alone);
  });

  test.each([
    ['share --rate 4mbit', '--rate needs --broadcast'],
    ['share --no-broadcast --broadcast-port 5', '--broadcast-port needs --broadcast'],
    ['share --broadcast --rate 10kbit', '100kbit to 1gbit'],
    ['share --broadcast --rate fast', '100mbit, 500kbit or 1gbit'],
    ['share --broadcast --segment 0', 'from 1 to 60'],
    ['share --broadcast --segment 61', 'from 1 to 60'],
    ['share --broadcast --broadcast-port 5900', 'a port of its own'],
    ['share --broadcast-url hall.example', 'http://hall.example'],
    ['share --broadcast-url http://hall.example/#x', 'http://hall.example'],
    ['share --broadcast-url http://a@hall.example', 'http://hall.example'],
    ['share --publish ssh://-x', 'ssh://user@server'],
    ['share --broadcast-link http://hall/x', 'as it was told before'],
    ['share --broadcast --origin-token Ä', '1 to 200 letters'],
    ['watch h --broadcast', 'broadcast'],
  ])('%s is refused', (line, problem) => {
    expect(() => parse(line)).toThrow(
      expect.objectContaining({ code: 'E_USAGE', message: expect.stringContaining(problem) }),
    );
  });

  test.each(['::', '::1', '0.0.0.0', 'fe80::1%eth0', 'desk.local'])('share: --bind %s is taken as it is', bind => {
    expect(parse(`share --bind ${bind}`)).toMatchObject({ options: { bind } });
  });

  test.each([':0', 'host:10.0', 'unix/:7', 'tcp/[::1]:0'])('share: --display %s is taken as it is', display => {
    expect(parse(`share --display ${display}`)).toMatchObject({ options: { display } });
  });

  test('a code means --access code', () => {
    expect(parse('share --code 1234')).toMatchObject({ options: { access: 'code', code: '1234' } });
  });

  test('a code can come from a file or the environment, and a flag goes before', () => {
    const file = path.join(os.tmpdir(), `peerglass-code-${process.pid}`);
    const secrets = { PEERGLASS_CODE: 'from outside' };
    writeFileSync(file, 'Lesson 3\r\nnot this\n', { mode: 0o600 });
    try {
      for (const line of [['share'], ['share', '--headless'], ['watch', 'h']]) {
        const of = (...words: string[]) => parseArguments([...line, ...words], 'sdl', secrets);
        expect(of('--code-file', file)).toMatchObject({ options: { code: 'Lesson 3' } });
        expect(of('--code', 'typed')).toMatchObject({ options: { code: 'typed' } });
        expect(of()).toMatchObject({ options: { code: 'from outside' } });
        expect(() => of('--code', 'a', '--code-file', file)).toThrow(/exclude each other/);
        expect(() => of('--code-file', '/nowhere/at/all')).toThrow(/cannot be read/);
      }
    } finally {
      rmSync(file);
    }
    const share = (line: string) => parseArguments(line.split(' '), 'sdl', secrets);
    expect(share('share --access ask'), 'it is for shares that need one').toMatchObject({ options: { code: null } });
    expect(share('share --no-rfb --classic')).toMatchObject({ options: { access: 'ask', code: null } });
    expect(share('watch h code of-the-invitation')).toMatchObject({ options: { code: 'of-the-invitation' } });
    expect(() => parseArguments(['share'], 'sdl', { PEERGLASS_CODE: '\u0007' })).toThrow(
      expect.objectContaining({ code: 'E_CODE_INVALID', message: expect.stringMatching(/^PEERGLASS_CODE: /) }),
    );
  });

  test('the environment loses its secrets when they are read', () => {
    const environment = { PEERGLASS_CODE: 'lesson3', HOME: '/' };
    expect(takeSecrets(environment)).toEqual({ PEERGLASS_CODE: 'lesson3' });
    expect(environment).toEqual({ HOME: '/' });
    expect(takeSecrets({ PEERGLASS_CODE: '' })).toEqual({});
  });

  test('--keep-code means --access code', () => {
    expect(parse('share --keep-code')).toMatchObject({ options: { access: 'code', code: null, keepCode: true } });
    expect(parse('share --headless --keep-code')).toMatchObject({ options: { keepCode: true } });
    expect(parse('share')).toMatchObject({ options: { keepCode: false } });
    expect(refusal('share --keep-code --access open').message).toContain('exclude each other');
  });

  test('rates are typed with their unit, and a name of a congestion control as the system has it', () => {
    expect(parse('share --max-rate 20mbit --uplink 0.5gbit --congestion BBR')).toMatchObject({
      options: { maxRate: 2_500_000, uplink: 62_500_000, congestion: 'bbr' },
    });
    expect(parse('share')).toMatchObject({ options: { maxRate: null, uplink: null, congestion: null } });
    expect(parse('watch a --max-rate 500kbit')).toMatchObject({ options: { maxRate: 62_500 } });
    for (const wrong of ['0', '-1', '20', '1kbit', '20mb', '0mbit', 'fast']) {
      for (const flag of ['share --max-rate', 'share --uplink', 'watch a --max-rate']) {
        expect(() => parseArguments([...flag.split(' ').slice(0, -1), `${flag.split(' ').at(-1)}=${wrong}`])).toThrow(
          expect.objectContaining({ code: 'E_USAGE', message: expect.stringMatching(/20mbit|100mbit/) }),
        );
      }
    }
    for (const wrong of ['b b r', '../x', 'x'.repeat(16)]) {
      expect(() => parseArguments(['share', `--congestion=${wrong}`])).toThrow(
        expect.objectContaining({ code: 'E_USAGE', message: expect.stringContaining('bbr or cubic') }),
      );
    }
  });

  test('threads are a number or auto, for whoever works on pixels', () => {
    expect(parse('share')).toMatchObject({ options: { threads: 'auto' } });
    expect(parse('watch a')).toMatchObject({ options: { threads: 'auto' } });
    expect(parse('capture a')).toMatchObject({ options: { threads: 'auto' } });
    expect(parse('share --threads 1')).toMatchObject({ options: { threads: 1 } });
    expect(parse('watch a --threads=8')).toMatchObject({ options: { threads: 8 } });
    expect(parse('share --threads Auto')).toMatchObject({ options: { threads: 'auto' } });
    expect(parse('demo --threads 3')).toMatchObject({ share: { threads: 3 }, watch: { threads: 3 } });
    for (const wrong of ['0', '9', '-1', '2.5', 'all', '']) {
      for (const command of ['share', 'watch', 'demo']) {
        expect(() => parseArguments([command, `--threads=${wrong}`])).toThrow(
          expect.objectContaining({
            code: 'E_USAGE',
            message: expect.stringMatching(/"auto" or 1 to 8|needs a value/),
          }),
        );
      }
    }
  });

  test('a broadcast is watched by its link, whose key may come in other ways', () => {
    const place = 'http://hall.example/live/4pBW7g2tW0GJXJ0T4hXb0w';
    const key = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
    const broadcast = { place: `${place}/`, key: Uint8Array.from({ length: 32 }, (_, at) => at) };
    const watched = { options: { peer: { host: 'hall.example', port: 80 }, broadcast, code: null, wire: 'auto' } };
    expect(parseArguments(['watch', `${place}#${key}`])).toMatchObject(watched);
    expect(parseArguments(['watch', `peerglass watch '${place}#${key}'`])).toMatchObject(watched);
    expect(parseArguments(['watch', place, '--code', key])).toMatchObject(watched);
    expect(parseArguments(['watch', place], 'sdl', { PEERGLASS_CODE: key })).toMatchObject(watched);
    const far = parseArguments([
      'watch',
      `${place.replace('http://hall.example', 'https://[2001:db8::1]:8443')}#${key}`,
    ]);
    expect(far).toMatchObject({ options: { peer: { host: '2001:db8::1', port: 8443 } } });
    for (const link of [place, `${place}#${key.slice(1)}`]) {
      expect(() => parseArguments(['watch', link])).toThrow(
        expect.objectContaining({ code: 'E_BROADCAST_KEY', message: expect.stringContaining('Copy the whole link') }),
      );
    }
    // Else its server would be looked up and asked as a sharer.
    for (const link of ['http://h/live/x#y', 'http://h/live/x', `http://h/live/${place.slice(-21)}#${key}`]) {
      expect(() => parseArguments(['watch', link])).toThrow(
        expect.objectContaining({ code: 'E_BROADCAST_KEY', message: expect.stringContaining('"/live/"') }),
      );
    }
    for (const flag of ['--wire=rfb', '--level=3', '--export=a.pcapng', '--encrypt=off']) {
      expect(() => parseArguments(['watch', `${place}#${key}`, flag])).toThrow(
        /no meaning for the link of a broadcast/,
      );
    }
    expect(parseArguments(['watch', '10.77.0.1'])).toMatchObject({ options: { broadcast: null } });
  });

  test("watch: addresses in VNC's notation", () => {
    expect(parse('watch 10.0.0.1:1')).toMatchObject({ options: { peer: { host: '10.0.0.1', port: 5901 } } });
    expect(parse('watch 10.0.0.1:1 --wire classic')).toMatchObject({ options: { peer: { port: 1 } } });
    expect(parse('watch [::1]:9000 --view none --frames 3 --snapshot a.png --scale 2')).toMatchObject({
      options: {
        peer: { host: '::1', port: 9000 },
        view: 'none',
        frames: 3,
        snapshotFile: 'a.png',
        scale: 2,
        reconnect: false,
      },
    });
    const invited = { peer: { host: '10.77.0.1', port: 5900 }, code: 'ABCD-EFGH' };
    expect(parse('watch 10.77.0.1:5900 code ABCD-EFGH')).toMatchObject({ options: invited });
    expect(parseArguments(['watch', 'peerglass watch 10.77.0.1:5900   code ABCD-EFGH\n'])).toMatchObject({
      options: invited,
    });
    expect(parse('watch 10.77.0.1:5900 code ABCD-EFGH --code ABCD-EFGH')).toMatchObject({ options: invited });
    expect(parse('watch 10.77.0.1:5900 code ABCD-EFGH --view none')).toMatchObject({
      options: { ...invited, view: 'none' },
    });
    expect(parse('watch http://10.77.0.1:5800/')).toMatchObject({ options: { peer: invited.peer, code: null } });
    expect(parse('watch')).toMatchObject({ kind: 'watch-form', given: { flags: [] } });
    expect(parse('watch --quality 50 --fullscreen')).toMatchObject({
      ...{
        kind: 'watch-form',
        given: { options: { quality: 50, fullscreen: true }, flags: ['quality', 'fullscreen'] },
      },
    });
  });

  test('watch: the name of its person, in plain text', () => {
    expect(parse('watch h --name Anna')).toMatchObject({ options: { name: 'Anna' } });
    expect(parse('watch h')).toMatchObject({ options: { name: '' } });
    expect(parseArguments(['watch', 'h', '--name', ' Anna B. '])).toMatchObject({ options: { name: 'Anna B.' } });
    for (const name of ['a\u001b[2J', 'x'.repeat(41)]) {
      expect(refusalOf(['watch', 'h', '--name', name]).message).toMatch(/^--name: A name has /);
    }
  });

  test('names that travel are plain text, and no longer than what carries them', () => {
    expect(parseArguments(['share', '--name', ' Hall 3: 日本 👩‍💻 '])).toMatchObject({
      options: { name: 'Hall 3: 日本 👩‍💻' },
    });
    const wrong: [string[], RegExp][] = [
      [['share', '--name', 'a\u001b[2J'], /^--name: A name has no control characters/],
      [['share', '--name', 'a\u202eb'], /^--name: A name has no control characters/],
      [['share', '--name', 'x'.repeat(201)], /^--name: A name has at most 200 characters/],
      [['share', '--name', '  '], /^--name: A name must not be empty/],
      [['watch', 'h', '--name', '日'.repeat(22)], /^--name: A name has at most 64 bytes/],
      [['watch', 'h', '--user', 'a\nb'], /^--user: A user name has no control characters/],
    ];
    for (const [argv, message] of wrong) expect(refusalOf(argv).message, argv.join(' ')).toMatch(message);
    expect(parseArguments(['watch', 'h', '--name', '日'.repeat(21)])).toMatchObject({
      options: { name: '日'.repeat(21) },
    });
  });

  test('film is watched unless that is off, and never captured: Wireshark cannot read it', () => {
    expect(parse('watch a')).toMatchObject({ options: { video: true } });
    expect(parse('watch a --video off')).toMatchObject({ options: { video: false } });
    expect(parse('capture a')).toMatchObject({ options: { video: false } });
    expect(parse('demo --video off')).toMatchObject({ share: { video: 'off' }, watch: { video: false } });
  });

  test('watch and capture: the user, and what is trusted', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'peerglass-arguments-'));
    const file = path.join(folder, 'password');
    writeFileSync(file, 's3cret word\nmore\n');
    try {
      expect(parse('watch a')).toMatchObject({ options: { user: null, code: null, encrypt: 'offered', trust: [] } });
      expect(parse('capture a')).toMatchObject({ options: { encrypt: 'off' } });
      expect(parse(`watch a --user me --password-file ${file} --encrypt required --trust anonymous`)).toMatchObject({
        options: { user: 'me', code: 's3cret word', encrypt: 'required', trust: ['anonymous'] },
      });
      const shown = 'AB:'.repeat(31);
      expect(parse(`watch a --trust ${shown}AB`)).toMatchObject({ options: { trust: ['ab'.repeat(32)] } });
      writeFileSync(file, '\n');
      expect(() => parse(`watch a --password-file ${file}`)).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each([
    'watch a --trust everybody',
    'watch a --trust ab:cd',
    'watch a --encrypt yes',
    'watch a --password-file /nowhere/at/all',
    'watch a --code one --password-file two',
    'watch a --wire classic --user me',
    'watch a --wire classic --encrypt off',
    'capture --port 5900 --trust clear',
    'forget a b',
    'forget a --viewer b',
    'watch a --viewer b',
    'forget a:b:c',
  ])('%s makes no sense', line => {
    expect(() => parse(line)).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
  });

  test('forget: a host, one port of it, or a viewer; nothing: to list them', () => {
    const forgets = { kind: 'forget', peer: null, viewer: null };
    expect(parse('forget 10.0.0.1')).toEqual({ ...forgets, peer: { host: '10.0.0.1', port: null } });
    expect(parse('forget [::1]:5901')).toEqual({ ...forgets, peer: { host: '::1', port: 5901 } });
    expect(parse('forget --viewer 0a1b2c3d')).toEqual({ ...forgets, viewer: '0a1b2c3d' });
    expect(parse('forget')).toEqual(forgets);
  });

  test('demo: the pattern on this machine, for nobody else', () => {
    expect(parse('demo --headless')).toMatchObject({
      share: { source: { kind: 'pattern' }, bind: '127.0.0.1', classicPort: null, rfbPort: 0, access: 'code' },
      watch: { view: 'none', wire: 'auto' },
    });
    expect(parse('demo --source x11 --wire classic')).toMatchObject({
      share: { source: { kind: 'x11' }, rfbPort: null, classicPort: 0 },
      watch: { view: 'sdl' },
    });
  });

  test.each(['demo', 'demo --source x11', 'demo --source x11 --wire classic', 'bakeoff --source x11', 'bakeoff'])(
    '%s: only its own viewer knows the code, a new one each time',
    line => {
      const codes = [parse(line), parse(line)].map(command => {
        if (command.kind !== 'demo' && command.kind !== 'bakeoff') throw new Error(command.kind);
        expect(command.share).toMatchObject({ access: 'code', bind: '127.0.0.1' });
        const secret = command.share.code ?? command.share.vncPassword;
        expect(secret).toMatch(/^[a-z2-9]{8}$/);
        expect(command.watch).toMatchObject({ code: secret, secret: 'password' });
        return secret;
      });
      expect(codes[0]).not.toBe(codes[1]);
    },
  );

  test('bakeoff: a share and a viewer here, the link that is predicted for, and for how long frames come', () => {
    expect(parse('bakeoff')).toMatchObject({
      kind: 'bakeoff',
      share: { source: { kind: 'pattern' }, bind: '127.0.0.1', access: 'code', exportFile: null },
      watch: { view: 'none', wire: 'auto' },
      link: null,
      seconds: 3,
      json: false,
    });
    expect(parse('bakeoff --wire classic --level 9 --link 8.5mbit --duration 0.5 --json')).toMatchObject({
      share: { rfbPort: null, classicPort: 0, level: 9 },
      link: 1_062_500,
      seconds: 0.5,
      json: true,
    });
  });

  test('share: an encoding before what viewers prefer', () => {
    expect(parse('share --encoding ZRLE')).toMatchObject({ options: { encoding: 'zrle' } });
    expect(parse('share')).toMatchObject({ options: { encoding: 'auto' } });
  });

  test('help and version win over everything else', () => {
    expect(parse('share --bogus --help')).toEqual({ kind: 'help', topic: 'share' });
    expect(parse('-h')).toEqual({ kind: 'help', topic: null });
    expect(parse('help watch')).toEqual({ kind: 'help', topic: 'watch' });
    expect(parse('-v')).toEqual({ kind: 'version' });
  });

  test.each([
    ['shar', /no command "shar".*Did you mean peerglass share\?/],
    ['192.168.1.2:9000', /Did you mean peerglass watch 192\.168\.1\.2:9000\?/],
    ['xyzzy', /no command "xyzzy"/],
    ['share extra', /^Unexpected argument for peerglass share: "extra"\./],
    ['watch a b', /After the address comes nothing, or "code" and the code, not "b"/],
    ['watch 10.0.0.1 code x --code y', /name different codes/],
    ['watch 10.0.0.1:9000 code x --wire classic', /needs rfb/],
    ['share --levle 3', /no flag --levle\. Did you mean --level\?/],
    ['watch --fps 3', /no flag --fps\. It belongs to peerglass share, demo and bakeoff\./],
    ['watch --fpss 3', /Did you mean --fps\? It belongs to/],
    ['share --display /', /^--display: A display is named like ":0" or "host:0", not "\/"\./],
    ['list --display :x', /^--display: A display is named like/],
    ['share --display :59536', /^--display: A display is named like/],
    ['share --bind /', /^--bind: A host name cannot contain "\/"\./],
    ['share --bind 999.1.1.1', /^--bind: 999\.1\.1\.1 is not an IPv4 address\./],
    ['share --bind 10.0.0.1:5900', /^--bind: The address comes without a port, not "10\.0\.0\.1:5900"\./],
    ['share -x', /no flag -x/],
    ['share --port 0', /no flag --port\. Did you mean --rfb-port, .* or --classic-port\?/],
    ['share --password x', /Did you mean --vnc-password\?/],
    ['watch h --port 1', /no flag --port\. The port is a part of the address: peerglass watch HOST:PORT\./],
    ['watch h --no-reconnect', /no flag --no-reconnect\. A viewer stays and reconnects, unless --frames or --duration/],
    ['watch h --no-announce', /no flag --no-announce\. It belongs to peerglass share\./],
    ['share --annonce', /no flag --annonce\. Did you mean --no-announce\?/],
    ['share --no-cursr', /no flag --no-cursr\. Did you mean --no-cursor\?/],
    ['share --no-levle', /no flag --no-levle\. Did you mean --level\?/],
    ['share --uplink 1kbit', /^--uplink: An uplink is at least 100kbit/],
    ['share --max-rate 1kbit', /^--max-rate: A max rate is at least 100kbit/],
    ['share --view sdl', /no flag --view/],
    ['--level 3', /without a command has no flag --level/],
    ['share --level abc', /--level: The compression level is a whole number from 0 to 9, not "abc"/],
    ['share --level 10', /from 0 to 9/],
    ['share --level 1.5', /from 0 to 9/],
    ['share --level -1', /from 0 to 9/],
    ['share --level=', /--level needs a value/],
    ['share --level', /--level needs a value/],
    ['share --level --json', /--level needs a value/],
    ['share --no-level', /--level needs a value/],
    ['share --level 1 --level 2', /more than once/],
    ['share --fps 0', /from 1 to 240, not "0"/],
    ['share --fps 241', /from 1 to 240/],
    ['share --size 0x0', /Each side of a picture/],
    ['share --size 1366', /A size is typed as 1366x768/],
    ['share --size 99999x1', /Each side/],
    ['share --region 10x10', /A region is typed as/],
    ['share --region 0x10+0+0', /Each side/],
    ['share --monitor 0', /A monitor is a whole number from 1/],
    ['share --monitor 1 --window x', /--monitor and --window exclude each other/],
    ['share --source pattern --monitor 2', /--monitor chooses .* the test pattern is not a screen\. Remove --source/],
    ['share --source replay:x --region 8x8+0+0', /--region chooses .* a recording is not a screen\. Remove --source/],
    ['demo --window x', /--window chooses .* the test pattern is not a screen\. Add --source x11/],
    ['bakeoff --display :1', /--display chooses .* Add --source x11/],
    ['share --fit --crop', /exclude each other/],
    ['share --classic-port 65536', /A port is a whole number from 0 to 65535/],
    ['share --rfb-port x', /A port is/],
    ['share --classic --classic-port 5900', /need different ports/],
    ['share --no-rfb', /leaves no protocol/],
    ['share --no-rfb --rfb-port 1', /exclude each other/],
    ['share --no-web --web-port 5801', /exclude each other/],
    ['share --web-port 65536', /A port is a whole number from 0 to 65535/],
    ['share --web-port 5900', /needs a port of its own/],
    ['share --classic --web-port 9000', /needs a port of its own/],
    ['share --no-rfb --no-web', /leaves no protocol/],
    ['demo --web', /no flag --web/],
    ['share --rfb', /--rfb is the default/],
    ['share --source foo', /The source is/],
    ['share --access everybody', /The access is one of ask, code, open/],
    ['share --access open --code 1', /--code and --access open exclude each other/],
    ['share --quality 0', /The quality is/],
    ['share --headless=yes', /takes no value/],
    ['share --json', /--json needs --headless/],
    ['share --duration 0', /number of seconds above 0/],
    ['share --duration soon', /number of seconds/],
    ['share --encoding h264', /The encoding is one of auto, tight, zrle, zlib, trle, hextile, raw, not "h264"/],
    ['bakeoff --link fast', /A rate is typed as 100mbit, 500kbit or 1gbit, not "fast"/],
    ['bakeoff --link 0mbit', /A rate is typed as/],
    ['bakeoff --headless', /no flag --headless/],
    ['watch --headless', /needs an address/],
    ['watch a:b', /b is not a port/],
    ['watch h --wire udp', /The protocol is one of/],
    ['watch h --scale 0', /The scale is/],
    ['watch h --frames 0', /The count/],
    ['watch h --wire classic --code k7m2p4qr', /--code needs rfb/],
    ['capture h --wire classic --code k7m2p4qr', /--code needs rfb/],
  ])('%s is bad usage', (line, sentence) => {
    const error = refusal(line);
    expect(error.code).toBe('E_USAGE');
    expect(`${error.message} ${error.remedy}`).toMatch(sentence);
  });

  test.each([
    ...['%', 'share %', 'share --%', 'share --source %', 'share --quality %', 'share --headless=%', 'watch a %'],
    ...[
      'share --bind %',
      'share --display %',
      'share --monitor +%',
      'watch h --frames %',
      'watch %:%',
      'watch 1.%',
      'watch [%]',
      'forget 10.0.0.1:1%',
      'play a --at %',
    ],
  ])('%s with a word of 5000 characters is refused in few', line => {
    const { message, remedy } = refusal(line.replaceAll('%', '9'.repeat(5000)));
    expect(`${message} ${remedy}`.length).toBeLessThan(400);
  });

  test.each(['share', 'watch h', 'capture h'])('%s takes any code that can be typed, and does not repeat it', line => {
    const argv = line.split(' ');
    for (const code of ['tab\there', 'esc\u001b', '\u0000', '   ', ' - ', 'x'.repeat(65)]) {
      const error = refusalOf([...argv, '--code', code]);
      expect([error.code, error.message]).toEqual(['E_CODE_INVALID', expect.stringMatching(/^--code: A code /)]);
      expect(error.message + error.remedy).not.toContain(code);
    }
    expect(refusalOf([...argv, '--code', '']).code).toBe('E_USAGE');
    for (const code of ['a ~!Z', 'café', '一Ā', 'lesson-3']) {
      expect(parseArguments([...argv, '--code', code])).toBeDefined();
    }
  });

  test('a VNC password is taken only as VNC carries it, and not repeated', () => {
    for (const password of ['一Āꀀ', 'café', 'tab\there', '\u0000', 'emoji😀', '   ', '123456789']) {
      const error = refusalOf(['share', '--vnc-password', password]);
      const message = expect.stringMatching(/^--vnc-password: A VNC password /);
      expect([error.code, error.message]).toEqual(['E_CODE_INVALID', message]);
      expect(error.message + error.remedy).not.toContain(password);
    }
    expect(parse('share --vnc-password a~!Z5678')).toMatchObject({
      options: { access: 'code', code: null, vncPassword: 'a~!Z5678' },
    });
    expect(parseArguments(['share'], 'sdl', { PEERGLASS_VNC_PASSWORD: 's3cret' })).toMatchObject({
      options: { vncPassword: 's3cret' },
    });
    expect(refusal('share --vnc-password a --access ask').message).toContain('exclude each other');
  });

  test.each(['share --headless', 'share --headless --access ask', 'share --headless --access code --classic'])(
    '%s must say who may watch',
    line => {
      expect(refusal(line).code).toBe('E_ACCESS_REQUIRED');
    },
  );

  test('headless with a code, over the protocol that can ask for it', () => {
    expect(parse('share --headless --access code')).toMatchObject({ options: { access: 'code' } });
  });
});

describe('the help', () => {
  test('lists every flag of a command, in 110 columns, however long its help is', () => {
    for (const command of COMMANDS) {
      const text = helpText(command);
      for (const flag of FLAGS.filter(each => each.on.includes(command))) expect(text).toContain(flagText(flag));
      for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(110);
    }
    expect(helpText(null)).toContain('peerglass share --help');
  });

  test('of a command describes that command, not another one', () => {
    const others = /\((?:[^()]*; )?(?:share|watch|demo|bakeoff|capture): |\(or what was found\)|a headless demo/;
    for (const command of COMMANDS) expect(helpText(command)).not.toMatch(others);
    expect(helpText('watch')).not.toContain('is made up');
  });
});

test('who has no terminal is told what does without one', () => {
  expect(noTerminal('play').remedy).toMatch(/play FILE --headless,.* --snapshot .* --html /);
  for (const command of ['share', 'watch', 'play', 'demo'] as const) {
    expect(noTerminal(command).remedy).toContain(`peerglass ${command} `);
    expect(noTerminal('menu').remedy).toContain(`peerglass ${command} `);
  }
  expect(noTerminal('picture')).toMatchObject({ remedy: expect.stringContaining('--view none') });
});

test('suggestions are near, or none', () => {
  expect(nearest('lvel', ['level', 'size'])).toBe('level');
  expect(nearest('leevl', ['level', 'size'])).toBe('level');
  expect(nearest('head', ['headless'])).toBe('headless');
  expect(nearest('qqqqqq', ['level', 'size'])).toBeNull();
});
