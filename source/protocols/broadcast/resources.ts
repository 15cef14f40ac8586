import { BROADCAST_LIMITS } from './constants.js';

/**
 * What caches keep of a broadcast, by name: `m`, which segment is the newest; `k/N`, the whole picture as segment N begins;
 * `u/N`, what changes from then on. The name is sealed into each of its messages.
 */
export type Resource = { readonly kind: 'm' } | { readonly kind: 'k' | 'u'; readonly segment: number };

const NAME = /^(?:m|([ku])\/(0|[1-9]\d{0,9}))$/;

export function nameOf(resource: Resource): string {
  return resource.kind === 'm' ? 'm' : `${resource.kind}/${resource.segment}`;
}

/** Null: there is none of that name. */
export function resourceOf(name: string): Resource | null {
  const match = NAME.exec(name);
  if (!match) return null;
  const [, kind, digits] = match;
  if (kind === undefined) return { kind: 'm' };
  const segment = Number(digits);
  return segment <= BROADCAST_LIMITS.segment ? { kind: kind as 'k' | 'u', segment } : null;
}
