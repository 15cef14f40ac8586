import { readFileSync } from 'node:fs';
import { fileText } from '../core/plain-text.js';
import { whyUnread } from '../node/whole-file.js';
import { accept, type Parsed, parseCode, parseVncPassword, refuse } from '../session/option-values.js';
import { type GivenFlags, type GivenSecrets, invalid, SECRET_VARIABLES } from './given-flags.js';

/** In characters. A longer line means that the wrong file was named. */
const MAX_TEXT = 1000;

/** The secrets in the environment, which loses them: what is started later does not inherit them. */
export function takeSecrets(environment: NodeJS.ProcessEnv): GivenSecrets {
  const given = SECRET_VARIABLES.map(name => [name, environment[name]] as const);
  for (const name of SECRET_VARIABLES) delete environment[name];
  return Object.fromEntries(given.filter(([, value]) => value !== undefined && value !== ''));
}

/** The first line of a file. */
export function firstLine(file: string): Parsed<string> {
  try {
    const [line = ''] = readFileSync(file, 'utf8').split(/\r?\n/, 1);
    return line === '' || line.length > MAX_TEXT
      ? refuse(`The first line of ${fileText(file)} is not a password or code: it is empty or too long.`)
      : accept(line);
  } catch (error) {
    return refuse(`${fileText(file)} cannot be read: ${whyUnread(error)}.`);
  }
}

/** How a secret can be given. The first way that is there counts. */
interface Ways {
  readonly flag: string;
  /** A flag that names a file. */
  readonly file: string;
  readonly variable: keyof GivenSecrets;
}

const CODE: Ways = { flag: 'code', file: 'code-file', variable: 'PEERGLASS_CODE' };
const VNC_PASSWORD: Ways = {
  flag: 'vnc-password',
  file: 'vnc-password-file',
  variable: 'PEERGLASS_VNC_PASSWORD',
};

/**
 * The code; null: none is given.
 * @throws PeerglassError E_USAGE, E_CODE_INVALID
 */
export function codeOf(flags: GivenFlags): string | null {
  return secretOf(flags, CODE, parseCode);
}

/** The same for the VNC password of a share. */
export function vncPasswordOf(flags: GivenFlags): string | null {
  return secretOf(flags, VNC_PASSWORD, parseVncPassword);
}

function secretOf(
  flags: GivenFlags,
  { flag, file, variable }: Ways,
  parse: (text: string) => Parsed<string>,
): string | null {
  flags.onlyOneOf(flag, file);
  const ofFile = (name: string): Parsed<string> => {
    const line = firstLine(name);
    return line.ok ? parse(line.value) : line;
  };
  const given = flags.value(flag, parse, null) ?? flags.value(file, ofFile, null);
  const text = flags.secrets[variable];
  if (given !== null || text === undefined) return given;
  const parsed = parse(text);
  if (!parsed.ok) throw invalid(variable, parsed);
  return parsed.value;
}
