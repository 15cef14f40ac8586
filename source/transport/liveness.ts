import type { TcpInfo } from '../native/tcp-info.js';

/** Thresholds for a link, in milliseconds. */
export interface LivenessLimits {
  /** After this much silence the peer is probed, then again every `probeMs`. */
  readonly quietMs: number;
  readonly probeMs: number;
  /** A reply is overdue after this. */
  readonly silentMs: number;
  /** The link is dead after this. */
  readonly deadMs: number;
}

export const LIVENESS: LivenessLimits = { quietMs: 1000, probeMs: 5000, silentMs: 3000, deadMs: 60_000 };

/** A link's counters at the time of a check. */
export interface LinkSample {
  readonly now: number;
  /** Bytes received since the connection began. */
  readonly received: number;
  readonly tcp: Pick<TcpInfo, 'ackedBytes' | 'ackAgeMs' | 'unackedSegments' | 'probes'> | null;
  /**
   * Null: the peer's program has nothing to reply to. Otherwise the position in our bytes after which a reply is due
   * (the end of the first unanswered fence); 0 where it is unknown.
   */
  readonly owes: number | null;
}

export interface LinkHealth {
  /** How long a reply has been overdue; null: none is, or not for long. */
  readonly silentMs: number | null;
  /** Whether to probe now. Call `asked` if the probe must be answered. */
  readonly probe: boolean;
  readonly dead: boolean;
}

/**
 * Tells a dead link from an idle one. Only an expected reply can be overdue: the peer program's replies, and its
 * system's acknowledgements where this system reports them.
 *
 * Any received byte is a sign of life. An acknowledgement is one for the peer's system (or for whatever forwards the
 * bytes to it), and for its program as long as the data to reply to is still in flight: a slow link is not a dead one.
 * Where the system reports them, a link whose bytes are acknowledged is never dead, however long its program takes.
 */
export class Liveness {
  readonly #limits: LivenessLimits;
  #received = -1;
  #acked = 0;
  #heardAt: number;
  #ackedAt: number;
  /** When the data to reply to was last seen in flight. */
  #underWayAt: number;
  #asked = false;
  #probedAt = Number.NEGATIVE_INFINITY;
  /** When the peer's program, and its system, began to owe a reply. */
  #programSince: number | null = null;
  #systemSince: number | null = null;

  constructor(now: number, limits: LivenessLimits = LIVENESS) {
    this.#heardAt = now;
    this.#ackedAt = now;
    this.#underWayAt = now;
    this.#limits = limits;
  }

  /** Data was sent that the peer must answer. */
  asked(): void {
    this.#asked = true;
  }

  /** Call a few times a second. */
  check({ now, received, tcp, owes }: LinkSample): LinkHealth {
    const { quietMs, probeMs, silentMs, deadMs } = this.#limits;
    if (received !== this.#received) {
      this.#received = received;
      this.#heardAt = now;
      this.#asked = false;
    }
    if (tcp && tcp.ackedBytes !== this.#acked) {
      this.#ackedAt = now - tcp.ackAgeMs;
      if (owes !== null && this.#acked < owes) this.#underWayAt = this.#ackedAt;
      this.#acked = tcp.ackedBytes;
    }
    const systemOwes = tcp !== null && (tcp.unackedSegments > 0 || tcp.probes > 0);
    this.#programSince = owes !== null || this.#asked ? (this.#programSince ?? now) : null;
    this.#systemSince = systemOwes ? (this.#systemSince ?? now) : null;
    const program = this.#missing(this.#programSince, this.#underWayAt, now);
    const system = this.#missing(this.#systemSince, this.#ackedAt, now);
    const silence = Math.max(program, system);
    const dead = (tcp ? system : program) >= deadMs;
    const probe = !this.#asked && now - this.#heardAt >= quietMs && now - this.#probedAt >= probeMs;
    if (probe) this.#probedAt = now;
    return { silentMs: silence >= silentMs ? silence : null, probe, dead };
  }

  #missing(since: number | null, signAt: number, now: number): number {
    return since === null ? 0 : now - Math.max(since, this.#heardAt, signAt);
  }
}
