import { execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { inside, ip, ownName, removeNamespace } from '../../source/bench/namespaces.js';

/** Number of networks to choose from: those of 198.18.0.0/15, which is reserved for tests (RFC 2544). */
const NETWORKS = 512;

/** Another machine on its own cable: a network namespace at the far end of a veth pair. Needs root. */
export class NetworkNamespace {
  readonly name = ownName();
  /** The addresses of the cable's ends: this machine's and the namespace's. */
  readonly here: string;
  readonly there: string;
  /** The names of the cable's ends. */
  readonly hereInterface: string;
  readonly thereInterface: string;

  constructor() {
    ip('netns', 'add', this.name);
    try {
      const number = this.#plugIn();
      const net = `198.${18 + (number >> 8)}.${number & 255}`;
      this.hereInterface = `pga${number}`;
      this.thereInterface = `pgb${number}`;
      this.here = `${net}.1`;
      this.there = `${net}.2`;
      ip('address', 'add', `${this.here}/24`, 'dev', this.hereInterface);
      ip('-n', this.name, 'address', 'add', `${this.there}/24`, 'dev', this.thereInterface);
      ip('link', 'set', this.hereInterface, 'up');
      ip('-n', this.name, 'link', 'set', this.thereInterface, 'up');
      ip('-n', this.name, 'link', 'set', 'lo', 'up');
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Creates a veth pair named after the network's number, so that the kernel refuses a second one. */
  #plugIn(): number {
    for (let tries = 0; ; tries++) {
      const number = randomInt(NETWORKS);
      const there = ['peer', 'name', `pgb${number}`, 'netns', this.name];
      try {
        ip('link', 'add', `pga${number}`, 'type', 'veth', ...there);
        return number;
      } catch (error) {
        if (tries === 20 || !/File exists/.test(String(error))) throw error;
      }
    }
  }

  /** The command prefix that runs a command in the namespace. */
  get prefix(): readonly string[] {
    return inside(this.name);
  }

  /** Limits the rate into the namespace. */
  shape(rate: string): void {
    const limits = ['rate', rate, 'burst', '16kbit', 'latency', '100ms'];
    execFileSync('tc', ['qdisc', 'replace', 'dev', this.hereInterface, 'root', 'tbf', ...limits]);
  }

  /** Drops everything in both directions, as if the cable were cut far from both ends. */
  cut(): void {
    const chain = (name: string, hook: string) =>
      `add chain netdev cut ${name} { type filter hook ${hook} device "${this.thereInterface}" priority 0; policy drop; }`;
    this.#nft(['add table netdev cut', chain('in', 'ingress'), chain('out', 'egress')]);
  }

  mend(): void {
    this.#nft(['delete table netdev cut']);
  }

  #nft(rules: readonly string[]): void {
    execFileSync('ip', ['netns', 'exec', this.name, 'nft', rules.join('; ')], { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  spawn(command: string, argv: readonly string[], environment: NodeJS.ProcessEnv = process.env) {
    const [program, ...rest] = [...this.prefix, command, ...argv];
    return spawn(program!, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
  }

  remove(): void {
    // Deleting one end of the cable deletes both.
    removeNamespace(this.name);
  }

  async stop(): Promise<void> {
    this.remove();
  }
}

/** Two machines on their own cable, separate from this machine's networks. Needs root. */
export class JoinedNamespaces {
  readonly far = new NetworkNamespace();
  readonly near = ownName();
  /** The near end of the cable. */
  readonly nearInterface = this.far.hereInterface;

  constructor() {
    try {
      ip('netns', 'add', this.near);
      ip('link', 'set', this.nearInterface, 'netns', this.near);
      ip('-n', this.near, 'address', 'add', `${this.far.here}/24`, 'dev', this.nearInterface);
      ip('-n', this.near, 'link', 'set', this.nearInterface, 'up');
      ip('-n', this.near, 'link', 'set', 'lo', 'up');
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  get nearPrefix(): readonly string[] {
    return inside(this.near);
  }

  /** The link-local address of the far end, without a zone, once it can be used. */
  farLinkLocal(): string | null {
    const shown = ip('-n', this.far.name, '-6', 'address', 'show', 'dev', this.far.thereInterface, 'scope', 'link');
    return shown.includes('tentative') ? null : (/inet6 (fe80[^/]*)/.exec(shown)?.[1] ?? null);
  }

  /** Unplugs the cable from the near machine, or plugs it in. */
  plug(state: 'up' | 'down'): void {
    ip('-n', this.near, 'link', 'set', this.nearInterface, state);
  }

  remove(): void {
    this.far.remove();
    removeNamespace(this.near);
  }

  async stop(): Promise<void> {
    this.remove();
  }
}
