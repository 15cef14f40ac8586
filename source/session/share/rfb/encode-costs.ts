import type { EncodeProfile } from '../../../codecs/encode/encode-profile.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';
import type { ShareHost } from '../viewer-session.js';

interface Cost {
  usPerPixel: number;
  /** When it was last measured. */
  at: number;
}

/**
 * The estimated cost of unmeasured profiles by level 0-9, in microseconds per pixel: about the upper end of the usual
 * range.
 */
const GUESSES = [0.02, 0.05, 0.06, 0.06, 0.1, 0.1, 0.2, 0.2, 1, 1] as const;
const MIN_GUESS = 0.02;
const MAX_GUESS = 1;
/** Outliers are capped: a pause of the whole machine says nothing about a profile. */
const MAX_GUESSES = 4;
/** Rising costs are noticed within a few updates; falling costs are trusted only over seconds. */
const RISE_WEIGHT = 0.3;
const HALF_LIFE_MS = 5000;
/** The maximum cost of all profiles served together, relative to the cheapest of them. */
const MAX_TOGETHER = 3;
/** This many connections from one address count as another client: a class may be behind one address (NAT). */
const CONNECTIONS_PER_CLIENT = 8;
/** Hysteresis: a costly profile becomes an ordinary one again only if it fits in well. */
const HYSTERESIS = 1.5;
const US_PER_MS = 1000;

/**
 * The encoding cost of each profile in use, so that viewers whose changes would delay the others are served separately.
 * Profiles are identified by their key. The cost is shared by the clients that use it; many connections of one client
 * count as a few.
 */
export class EncodeCosts {
  readonly #host: ShareHost;
  readonly #costs = new Map<string, Cost>();
  /** Each profile in use, with the number of viewers of each client. */
  readonly #served = new Map<string, { readonly profile: EncodeProfile; readonly clients: Map<string, number> }>();
  readonly #costly = new Set<string>();
  #viewers = 0;

  constructor(host: ShareHost) {
    this.#host = host;
  }

  /**
   * A viewer is served with a profile.
   * @param clientKey identifies its machine
   * @returns the function that ends it, to be called once
   */
  serve(profile: EncodeProfile, clientKey: string): () => void {
    const { key } = profile;
    const entry = this.#served.get(key) ?? { profile, clients: new Map<string, number>() };
    const { clients } = entry;
    this.#served.set(key, entry);
    clients.set(clientKey, (clients.get(clientKey) ?? 0) + 1);
    this.#viewers++;
    return () => {
      this.#viewers--;
      const left = clients.get(clientKey)! - 1;
      if (left > 0) clients.set(clientKey, left);
      else clients.delete(clientKey);
      if (clients.size > 0) return;
      this.#served.delete(key);
      this.#costly.delete(key);
    };
  }

  /** Records the time to encode this many pixels. */
  measured(profile: EncodeProfile, pixels: number, ms: number): void {
    const now = this.#host.clock.now();
    const before = this.#costOf(profile);
    const newest = Math.min((ms * US_PER_MS) / pixels, guess(profile) * MAX_GUESSES);
    const age = now - (this.#costs.get(profile.key)?.at ?? now);
    const kept = newest > before ? 1 - RISE_WEIGHT : 0.5 ** (age / HALF_LIFE_MS);
    const usPerPixel = newest + (before - newest) * kept;
    this.#costs.delete(profile.key);
    this.#costs.set(profile.key, { usPerPixel, at: now });
    // The least recently measured one.
    if (this.#costs.size > VIEWER_LIMITS.costs) this.#costs.delete(this.#costs.keys().next().value!);
  }

  /**
   * Whether a viewer is served separately: its own profile and all cheaper ones together would take longer than the
   * cheapest alone by more than a frame's time, and more than three times as long.
   * @param pixels to be encoded for it
   */
  servedApart(profile: EncodeProfile, pixels: number): boolean {
    const served = this.#served;
    const classic = this.#host.watchers.length > this.#viewers;
    if (!classic && (served.size === 0 || (served.size === 1 && served.has(profile.key)))) return false;
    const { fps, level } = this.#host.settings;
    const classicCost = classic ? guess({ deflates: true, level }) : Number.POSITIVE_INFINITY;
    const own = this.#shareOf(profile);
    let cheapest = Math.min(own, classicCost);
    let together = classicCost <= own ? own + classicCost : own;
    let behind = false;
    for (const [key, other] of served) {
      behind ||= key === profile.key;
      if (key === profile.key) continue;
      const cost = this.#shareOf(other.profile);
      cheapest = Math.min(cheapest, cost);
      if (cost < own || (cost === own && !behind)) together += cost;
    }
    const costly = together > cheapest * MAX_TOGETHER;
    if (costly && served.has(profile.key)) this.#costly.add(profile.key);
    else this.#costly.delete(profile.key);
    return costly && (together - cheapest) * pixels > (1000 / fps) * US_PER_MS;
  }

  /** The cost that orders profiles: they are served together in this order until the limit is reached. */
  #shareOf(profile: EncodeProfile): number {
    const clients = this.#served.get(profile.key)?.clients;
    const cost = this.#costOf(profile) / (clients ? shareCount(clients) : 1);
    return this.#costly.has(profile.key) ? cost * HYSTERESIS : cost;
  }

  #costOf(profile: EncodeProfile): number {
    return this.#costs.get(profile.key)?.usPerPixel ?? guess(profile);
  }
}

/** @param clients number of connections of each */
function shareCount(clients: ReadonlyMap<string, number>): number {
  let count = 0;
  for (const connections of clients.values()) count += Math.max(1, connections / CONNECTIONS_PER_CLIENT);
  return count;
}

function guess({ deflates, level }: Pick<EncodeProfile, 'deflates' | 'level'>): number {
  return deflates ? (GUESSES[level] ?? MAX_GUESS) : MIN_GUESS;
}
