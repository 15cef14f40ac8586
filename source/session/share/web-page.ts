import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isLoopback } from '../../core/ip-address.js';
import type { WebFile } from '../../transport/web-listener.js';
import type { LookUpName } from './viewer-names.js';

/** The files of the page, and what they are. Nothing else is served. */
const FILES = {
  'index.html': 'text/html; charset=utf-8',
  'style.css': 'text/css; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'worker.js': 'text/javascript; charset=utf-8',
  'kernels.wasm': 'application/wasm',
  'icon.svg': 'image/svg+xml',
} as const;

const PAGE = 'index.html';

/** Where the build leaves the page: dist/browser, seen from dist and from the sources. */
const FOLDERS = ['../../../browser/', '../../../dist/browser/'].map(place =>
  fileURLToPath(new URL(place, import.meta.url)),
);

/**
 * The page's files by path, each also as the build compressed it.
 * @returns null: the page was not built
 */
export function readWebPage(
  folder = FOLDERS.find(each => existsSync(path.join(each, PAGE))),
): Map<string, WebFile> | null {
  if (folder === undefined) return null;
  const files = new Map<string, WebFile>();
  try {
    for (const [name, type] of Object.entries(FILES)) {
      const body = readFileSync(path.join(folder, name));
      const tag = createHash('sha256').update(body).digest('base64url').slice(0, 16);
      files.set(`/${name}`, { type, body, gzipped: readFileSync(path.join(folder, `${name}.gz`)), tag });
    }
  } catch {
    return null;
  }
  return files.set('/', files.get(`/${PAGE}`)!);
}

/**
 * The names that a browser on the network may have this machine by: a request for any other name may come from a foreign
 * page whose name was led here (DNS rebinding). What the name servers call its addresses is known a moment later.
 */
export class OwnNames {
  readonly #names: Set<string>;
  readonly #certificate: X509Certificate | null;
  readonly #cancels: (() => void)[] = [];

  /**
   * @param certificate PEM, one that was made for names of this machine; null: none
   * @param lookUp left out: no name server is asked
   */
  constructor(certificate: string | null, lookUp?: LookUpName, own = hostname()) {
    const name = own.toLowerCase().replace(/\.$/, '');
    const [first = name] = name.split('.');
    this.#names = new Set(['localhost', name, first, `${name}.local`, `${first}.local`]);
    this.#certificate = certificate === null ? null : new X509Certificate(certificate);
    for (const address of lookUp ? ownAddresses() : []) {
      const { names, cancel } = lookUp!(address);
      this.#cancels.push(cancel);
      names.then(
        found => {
          for (const each of found) this.#names.add(each.toLowerCase().replace(/\.$/, ''));
        },
        () => {},
      );
    }
  }

  /** @param name in lower case */
  readonly has = (name: string): boolean =>
    this.#names.has(name) || (this.#certificate !== null && this.#certificate.checkHost(name) !== undefined);

  /** No more questions to name servers. */
  close(): void {
    for (const cancel of this.#cancels) cancel();
  }
}

function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap(entries => entries ?? []);
  return all.map(({ address }) => address).filter(address => !isLoopback(address));
}

/** Browsers by the first of these that their User-Agent names: most name others too. */
const BROWSERS = [
  { pattern: /\bEdg(?:A|iOS)?\/(\d{1,4})/, name: 'Edge' },
  { pattern: /\bOPR\/(\d{1,4})/, name: 'Opera' },
  { pattern: /\bSamsungBrowser\/(\d{1,4})/, name: 'Samsung Internet' },
  { pattern: /\b(?:Firefox|FxiOS)\/(\d{1,4})/, name: 'Firefox' },
  { pattern: /\b(?:Chrome|CriOS)\/(\d{1,4})/, name: 'Chrome' },
  { pattern: /\bVersion\/(\d{1,4})\S* .*\bSafari\//, name: 'Safari' },
] as const;

/** E.g. "Firefox 153": nothing of what came but digits. Null: another program, or one that does not say. */
export function browserOf(userAgent: string | null): string | null {
  for (const { pattern, name } of BROWSERS) {
    const version = pattern.exec((userAgent ?? '').slice(0, 512))?.[1];
    if (version !== undefined) return `${name} ${version}`;
  }
  return null;
}
