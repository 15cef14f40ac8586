import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Seen from here, and from where the build leaves this file. */
const DOCUMENTS = ['../../docs/broadcast.md', '../../../docs/broadcast.md'];

/**
 * The configuration of a Varnish in front of a sharer, or of another Varnish: the one in docs/broadcast.md.
 * @throws Error where the document has none
 */
export function hallConfiguration(host: string, port: number): string {
  const file = DOCUMENTS.map(place => fileURLToPath(new URL(place, import.meta.url))).find(each => existsSync(each));
  const vcl = file === undefined ? undefined : /```vcl\n(vcl 4\.1;[^`]*)```/.exec(readFileSync(file, 'utf8'))?.[1];
  if (vcl === undefined) throw new Error('docs/broadcast.md has no configuration for Varnish');
  return vcl.replace(/\.host = "[^"]*"; \.port = "\d+";/, `.host = "${host}"; .port = "${port}";`);
}

export interface VarnishPlace {
  /** Of its own, with a short name: a socket is made in it. */
  readonly folder: string;
  /** Its configuration. */
  readonly file: string;
  /** Where it listens. */
  readonly host: string;
  readonly port: number;
  /** Viewers that read at the same time: each needs a thread. */
  readonly viewers: number;
}

/** The arguments of varnishd. */
export function varnishArguments({ folder, file, host, port, viewers }: VarnishPlace): string[] {
  const threads = ['thread_pools=2', `thread_pool_min=${Math.min(Math.max(viewers, 20), 500)}`, 'thread_pool_max=5000'];
  const times = ['send_timeout=120', 'idle_send_timeout=30'];
  return [
    ...['-F', '-j', 'none', '-n', folder, '-a', `${host}:${port}`, '-f', file, '-s', 'malloc,256m'],
    ...[...threads, ...times].flatMap(setting => ['-p', setting]),
  ];
}
