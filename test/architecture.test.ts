import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');

interface SourceFile {
  /** From the root of the repository, with forward slashes. */
  readonly place: string;
  readonly text: string;
}

interface Import {
  readonly from: string;
  /** A place in the repository, or the name of a package. */
  readonly to: string;
  readonly inside: boolean;
  readonly typeOnly: boolean;
}

function sourceFiles(folder: string, recursive = true): SourceFile[] {
  return readdirSync(path.join(root, folder), { recursive, withFileTypes: true })
    .filter(entry => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map(entry => {
      const place = path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/');
      return { place, text: readFileSync(path.join(root, place), 'utf8') };
    });
}

const program = [...sourceFiles('.', false).filter(({ place }) => place === 'cli.tsx'), ...sourceFiles('source')];
const IMPORT = /(?:^|\n)\s*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g;

function importsOf(file: SourceFile): Import[] {
  return [...file.text.matchAll(IMPORT)].map(([, type, fixed, dynamic]) => {
    const target = fixed ?? dynamic ?? '';
    const inside = target.startsWith('.');
    const to = inside ? path.posix.join(path.posix.dirname(file.place), target) : target;
    return { from: file.place, to, inside, typeOnly: type !== undefined };
  });
}

const imports = program.flatMap(importsOf);

/** The folder below source/ that a place belongs to; files at the root belong to themselves. */
function folderOf(place: string): string {
  const [first, second] = place.split('/');
  return first === 'source' && second !== undefined ? second : place;
}

/** The parts of a session that are only words for it: what may be asked, what is answered, what is shown. */
const SESSION_TYPES =
  /^source\/session\/(app-services|bakeoff|doctor\/finding|inspect\/(message-record|packet-messages)|messages|option-values|play-keys|play-options|share-options|snapshot|steps|watch-options|window-keys)\.js$/;
const RFB_WORDS = /^source\/protocols\/rfb\/(constants|pixel-format)\.js$/;
/** What the compression libraries implement, and what they are made of. */
const WHAT_NATIVE_CODECS_ARE =
  /^source\/codecs\/(decode\/(inflate(-fault)?|paint-pixels)|encode\/encode-job|jpeg\/(jpeg-library|semaphore)|video\/video-codec)\.js$/;
/** What a session is made of besides, where there is no Node. */
const WATCHING_WITHOUT_A_PLATFORM =
  /^source\/session\/(announcement|play-keys|window-keys|play\/(log-picture|log-video|player)|stats\/watch-figures|watch\/(protocol-session|retries|(broadcast|rfb)\/[a-z-]+))\.js$/;
const PROTOCOL_CONSTANTS = /^source\/protocols\/(classic|rfb)\/constants\.js$/;

/** What each folder may import besides itself: whole folders, or the single files that a pattern names. */
const MAY_IMPORT: Record<string, readonly (string | RegExp)[]> = {
  'cli.tsx': ['cli', 'ui', 'session', 'analysis', 'bench', 'node', 'core', /^source\/native\/native-mode\.js$/],
  library: ['session', 'codecs', 'pixels', 'core'],
  cli: ['core', 'node', SESSION_TYPES],
  ui: ['core', 'node', SESSION_TYPES],
  session: ['capture', 'display', 'codecs', 'pixels', 'protocols', 'transport', 'analysis', 'native', 'node', 'core'],
  capture: ['native', 'node', 'pixels', 'core'],
  display: ['native', 'node', 'pixels', 'core'],
  codecs: ['pixels', 'core', RFB_WORDS],
  pixels: ['core'],
  protocols: ['core'],
  transport: ['native', 'core'],
  analysis: ['node', 'core', PROTOCOL_CONSTANTS],
  bench: [
    'session',
    'capture',
    'display',
    'codecs',
    'pixels',
    'protocols',
    'transport',
    'analysis',
    'native',
    'node',
    'core',
  ],
  node: ['codecs', 'pixels', 'native', 'core'],
  native: ['pixels', 'core', WHAT_NATIVE_CODECS_ARE],
  browser: ['codecs', 'pixels', 'protocols', 'core', WATCHING_WITHOUT_A_PLATFORM],
  core: [],
};

function allowed({ from, to, typeOnly }: Import): boolean {
  const [here, there] = [folderOf(from), folderOf(to)];
  if (here === there) return true;
  if (here === 'ui' && there === 'analysis') return typeOnly;
  return (MAY_IMPORT[here] ?? []).some(rule => (typeof rule === 'string' ? rule === there : rule.test(to)));
}

function offenders(pattern: RegExp, files: readonly SourceFile[]): string[] {
  return files.flatMap(({ place, text }) =>
    text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${place}:${index + 1} ${line.trim()}`] : [])),
  );
}

describe('the folders of source/', () => {
  test('are all known', () => {
    const folders = readdirSync(path.join(root, 'source'));
    expect(folders.filter(name => MAY_IMPORT[name] === undefined)).toEqual([]);
  });

  test('import only what lies below them', () => {
    const wrong = imports.filter(each => each.inside && !allowed(each));
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  test('core, pixels, protocols, codecs and the page stand on no platform, and on no package but that of the curves', () => {
    const outside = imports.filter(
      each => /^(browser|core|pixels|protocols|codecs)$/.test(folderOf(each.from)) && !each.inside,
    );
    const curves = /^@noble\/(curves|hashes)\//;
    const trusted = /^source\/(core|protocols\/rfb\/security|browser)\//;
    expect(outside.filter(({ from, to }) => !curves.test(to) || !trusted.test(from))).toEqual([]);
  });

  test('the clients of rfb and broadcasts know no platform, no native library and no inspector', () => {
    const client = imports.filter(each => /^source\/session\/watch\/(broadcast|rfb)\//.test(each.from));
    const wrong = client.filter(({ to, inside }) => !inside || /\/(inspect|native|node|transport|analysis)\//.test(to));
    expect(wrong).toEqual([]);
  });

  test('protocols and codecs open no sockets', () => {
    const pure = imports.filter(each => ['protocols', 'codecs', 'pixels'].includes(folderOf(each.from)));
    expect(pure.filter(({ to }) => /^node:(net|tls|dgram|http)/.test(to))).toEqual([]);
  });

  test('the terminal side draws text in one place, which lets no control character through', () => {
    const texts = program.filter(({ text }) => /import \{[^}]*\bText\b[^}]*\} from 'ink'/.test(text));
    expect(texts.map(({ place }) => place)).toEqual(['source/ui/components/tone.tsx']);
  });

  test('the terminal side touches no pixel, socket or native library', () => {
    const ui = imports.filter(each => folderOf(each.from) === 'ui');
    expect(ui.filter(({ to }) => /^(koffi|x11|zlib-sync|node:(net|tls|dgram|worker_threads))$/.test(to))).toEqual([]);
  });
});

/** Files that lead back to themselves, each with the way round. */
function cycles(edges: readonly Import[]): string[] {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (place: string, way: readonly string[]): void => {
    const before = way.indexOf(place);
    if (before >= 0) found.push([...way.slice(before), place].join(' -> '));
    if (before >= 0 || done.has(place)) return;
    for (const to of next.get(place) ?? []) visit(to, [...way, place]);
    done.add(place);
  };
  for (const place of next.keys()) visit(place, []);
  return found;
}

describe('imports', () => {
  // A place ends with .js where it is imported, and with .ts or .tsx where it stands.
  const bare = (place: string): string => place.replace(/\.(js|tsx?)$/, '');
  const edges = imports
    .filter(({ inside }) => inside)
    .map(each => ({ ...each, from: bare(each.from), to: bare(each.to) }));

  test('have no cycles, not even of types', () => {
    expect(cycles(edges)).toEqual([]);
  });

  test('with a cycle are found', () => {
    const edge = (from: string, to: string): Import => ({ from, to, inside: true, typeOnly: true });
    expect(cycles([edge('a', 'b'), edge('b', 'c'), edge('c', 'b'), edge('a', 'c')])).toEqual(['b -> c -> b']);
  });
});

describe('native code', () => {
  test('is loaded in source/native only, and there in one place', () => {
    const named =
      /(?:\bfrom|\bimport|\()\s*\(?['"`](@koromix|koffi|zlib-sync|@julusian\/jpeg-turbo|node-screenshots)([-/][^'"`]*)?['"`]/;
    const naming = program.filter(({ text }) => named.test(text) || /\bloadNative\b/.test(text));
    expect(naming.filter(({ place }) => folderOf(place) !== 'native').map(({ place }) => place)).toEqual([]);
    const native = program.filter(({ place }) => folderOf(place) === 'native');
    const loading = native.filter(({ text }) => /\bcreateRequire\b|(?<!typeof )\bimport\(/.test(text));
    expect(loading.map(({ place }) => place)).toEqual(['source/native/load-native.ts']);
  });

  test('comes into tests by that place too', () => {
    const addon = /^(@koromix|koffi|zlib-sync|@julusian\/jpeg-turbo|node-screenshots)(\/|$)/;
    const direct = sourceFiles('test')
      .flatMap(importsOf)
      .filter(({ to, typeOnly }) => addon.test(to) && !typeOnly);
    expect(direct.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  test('does not come in by its file', () => {
    expect(offenders(/\bdlopen\b|\.node['"`]/, program)).toEqual([]);
  });

  test('is switched in one place', () => {
    const reading = program.filter(({ text }) => /PEERGLASS_NATIVE|NATIVE_VARIABLE\]/.test(text));
    expect(reading.map(({ place }) => place)).toEqual(['source/native/native-mode.ts']);
  });
});

describe('every source file', () => {
  test('has one job: at most 600 lines', () => {
    const long = program.filter(({ text }) => text.split('\n').length > 601);
    expect(long.map(({ place, text }) => `${place}: ${text.split('\n').length} lines`)).toEqual([]);
  });

  test('is named in kebab-case', () => {
    const odd = program.filter(({ place }) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.d)?\.tsx?$/.test(path.posix.basename(place)));
    expect(odd.map(({ place }) => place)).toEqual([]);
  });

  test('has no TODO without an issue', () => {
    expect(offenders(/\b(TODO|FIXME|XXX)\b(?!.*#\d+)/, program)).toEqual([]);
  });

  test('keeps the type checker on', () => {
    const checked = [...program, ...sourceFiles('test')].filter(
      // The kernels are AssemblyScript, which its own compiler checks; this file names what it forbids.
      ({ place }) => !place.startsWith('source/pixels/kernels/') && !place.endsWith('architecture.test.ts'),
    );
    expect(offenders(/@ts-(ignore|nocheck|expect-error)|\bas any\b/, checked)).toEqual([]);
  });

  test('keeps state in fields, so that two sessions in a process are independent', () => {
    const changing =
      /^(export )?(let |const \w+(: [^=]+)? = (new (Weak)?(Map|Set)(<.*>)?\(\)|new \w*(Pool|Turns)\(|\[\];|\{\};))/;
    const places = offenders(changing, program).filter(place => !/readonly/.test(place));
    // What belongs to a process or a thread, and says why; entries are alone in theirs.
    const ofTheProcess =
      /^(cli\.tsx|source\/browser\/(page|player|worker)\.ts|source\/native\/[a-z0-9-]+\.ts|source\/(capture\/(portal|screenshots)|session\/(watch|share\/video|watch\/video))\/child\.ts|source\/bench\/(running-process|painting|namespaces)\.ts|source\/(capture\/x11\/tmpfs-provider|core\/(picture-events|sealed-records)|display\/banner-font|node\/load-kernels|pixels\/vectors|ui\/record-table)\.ts):/;
    expect(places.filter(place => !ofTheProcess.test(place))).toEqual([]);
  });

  test('touches process state only in the entries', () => {
    const entries =
      /^(cli\.tsx|source\/bench\/(main|painter|light-viewers)\.ts|source\/session\/(share\/worker|watch\/child|(watch|share)\/video\/child)(-entry)?\.ts|source\/(capture\/(portal|screenshots)|session\/doctor)\/child\.ts)$/;
    expect(
      offenders(
        /\bprocess\.exit\(/,
        program.filter(({ place }) => !entries.test(place)),
      ),
    ).toEqual([]);
  });
});
