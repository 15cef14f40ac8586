import type { TcpInfo } from '../native/tcp-info.js';

/** What a link is judged by, in milliseconds. */
export interface LivenessLimits {
  /** Once nothing was heard for that long the other end is asked for a sign of life; then again each `probeMs`. */
  readonly quietMs: number;
  readonly probeMs: number;
  /** An answer that is due is missed after that long, */
  readonly silentMs: number;
  /** and nothing is hoped for any more after that long. */
  readonly deadMs: number;
}

export const LIVENESS: LivenessLimits = { quietMs: 1000, probeMs: 5000, silentMs: 3000, deadMs: 60_000 };

/** How a link stands when it is looked at. */
export interface LinkSample {
  readonly now: number;
  /** Bytes that have come from the other end since the beginning. */
  readonly received: number;
  readonly tcp: Pick<TcpInfo, 'ackedBytes' | 'ackAgeMs' | 'unackedSegments' | 'probes'> | null;
  /**
   * Null: the other end's program owes no answer. Else the bytes of ours after which it does (the end of the first fence
   * that was not answered); 0 where that is not known.
   */
  readonly owes: number | null;
}

export interface LinkHealth {
  /** How long an answer has been missing; null: none is, or not for long. */
  readonly silentMs: number | null;
  /** Whether it is time to ask for a sign of life: `asked` is to be called when something was that must be answered. */
  readonly probe: boolean;
  readonly dead: boolean;
}

/**
 * Tells a link that was cut from one that has nothing to say: only what is due can be missed, and that are answers that the
 * other end's program owes, and acknowledgements that its system owes, where this system tells of those. Anything that
 * comes is a sign of life. Acknowledgements are one of the other end's system (or of whatever passes the bytes on to it), and of
 * its program as long as what it is to answer is still on the way: a slow link is not a cut one. Where the system tells, a
 * link whose bytes are acknowledged is not dead, however long its program takes.
 */
export class Liveness {
  readonly #limits: LivenessLimits;
  #received = -1;
  #acked = 0;
  #heardAt: number;
  #ackedAt: number;
  /** When what the program owes an answer to was last seen to be on its way. */
  #underWayAt: number;
  #asked = false;
  #probedAt = Number.NEGATIVE_INFINITY;
  /** Since when the other end's program, and its system, owe something. */
  #programSince: number | null = null;
  #systemSince: number | null = null;

  constructor(now: number, limits: LivenessLimits = LIVENESS) {
    this.#heardAt = now;
    this.#ackedAt = now;
    this.#underWayAt = now;
    this.#limits = limits;
  }

  /** Something was sent that the other end must answer. */
  asked(): void {
    this.#asked = true;
  }

  /** To be called a few times a second. */
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
