import { execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';

function ip(...words: string[]): string {
  return execFileSync('ip', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A machine of its own on a cable of its own: a network namespace at the other end of a veth pair. Needs root. */
export class NetworkNamespace {
  readonly name: string;
  /** The addresses of the cable's ends: this machine's, and that of the namespace. */
  readonly here: string;
  readonly there: string;
  /** The names of the cable's ends. */
  readonly hereCard: string;
  readonly thereCard: string;

  /** @param segments false: packets leave as they are on a wire, not as the larger ones that a card would cut */
  constructor(options: { readonly segments?: boolean } = {}) {
    // Of 198.18.0.0/15, which is kept for tests (RFC 2544).
    const net = `198.${18 + randomInt(2)}.${randomInt(256)}`;
    const tag = randomInt(0x7fffffff).toString(36);
    this.name = `peerglass-${tag}`;
    this.hereCard = `pga${tag}`;
    this.thereCard = `pgb${tag}`;
    this.here = `${net}.1`;
    this.there = `${net}.2`;
    ip('netns', 'add', this.name);
    try {
      const end = ['gso_max_segs', options.segments ? '1' : '64'];
      ip('link', 'add', this.hereCard, ...end, 'type', 'veth', 'peer', 'name', this.thereCard, ...end);
      ip('link', 'set', this.thereCard, 'netns', this.name);
      ip('address', 'add', `${this.here}/24`, 'dev', this.hereCard);
      ip('-n', this.name, 'address', 'add', `${this.there}/24`, 'dev', this.thereCard);
      ip('link', 'set', this.hereCard, 'up');
      ip('-n', this.name, 'link', 'set', this.thereCard, 'up');
      ip('-n', this.name, 'link', 'set', 'lo', 'up');
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** The words that begin a command which is to run in the namespace. */
  get prefix(): readonly string[] {
    return ['ip', 'netns', 'exec', this.name];
  }

  /** What goes into the namespace gets no faster through than this. */
  shape(rate: string): void {
    const limits = ['rate', rate, 'burst', '16kbit', 'latency', '100ms'];
    execFileSync('tc', ['qdisc', 'replace', 'dev', this.hereCard, 'root', 'tbf', ...limits]);
  }

  /** Of the packets that go into the namespace, that many in a hundred are lost, after they were captured. */
  lose(percent: number): void {
    const drop = `meta l4proto tcp numgen random mod 100 < ${percent} drop`;
    const rules = [
      'add table netdev losses',
      `add chain netdev losses in { type filter hook ingress device "${this.thereCard}" priority 0; }`,
      `add rule netdev losses in ${drop}`,
    ];
    this.#nft(rules);
  }

  /** From now on nothing comes out of the cable at either end, as if it were cut far away from both. */
  cut(): void {
    const chain = (name: string, hook: string) =>
      `add chain netdev cut ${name} { type filter hook ${hook} device "${this.thereCard}" priority 0; policy drop; }`;
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
    try {
      // The cable goes with one of its ends.
      ip('netns', 'delete', this.name);
    } catch {
      // It never was.
    }
  }

  async stop(): Promise<void> {
    this.remove();
  }
}
