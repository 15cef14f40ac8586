/** Where an X server listens. */
export interface DisplayName {
  /** Null for a socket of this machine. */
  readonly host: string | null;
  readonly number: number;
  readonly screen: number;
}

/** The highest display number whose TCP port, 6000 plus the number, exists. */
const LAST_DISPLAY = 59_535;

/** Reads the name of an X display, as in $DISPLAY: ":0", "host:10.0", "unix/:0", "tcp/[::1]:0". Null: it is none. */
export function readDisplayName(name: string): DisplayName | null {
  const match = /^(?:(?:tcp|inet6?|unix|local)\/)?\[?([^/\]]*)\]?:(\d{1,5})(?:\.(\d{1,3}))?$/.exec(name);
  if (!match || Number(match[2]) > LAST_DISPLAY) return null;
  const [, host = '', number = '0', screen = '0'] = match;
  return { host: host === '' || host === 'unix' ? null : host, number: Number(number), screen: Number(screen) };
}
