import { plainText } from '../../core/plain-text.js';
import { announcementText, cleanAnnouncement, SHARING } from '../announcement.js';
import type { ConnectionFacts } from './watch-snapshot.js';
import type { WireFacts } from './wire-session.js';

const MOST_NAME = 100;

/** What the person is told, once. */
export interface FactsNotice {
  readonly tone: 'good' | 'warning';
  readonly text: string;
}

/** Takes in what a wire has found out; text from the peer is cleaned. The notice is of another state of the share. */
export function withFacts(
  before: ConnectionFacts,
  facts: WireFacts,
): { readonly facts: ConnectionFacts; readonly notice: FactsNotice | null } {
  const name = facts.name === undefined ? before.name : plainText(facts.name, MOST_NAME);
  const sharer = facts.sharer ? cleanAnnouncement(facts.sharer) : before.sharer;
  const after = { ...before, ...facts, name, sharer };
  const same = before.sharer?.kind === sharer?.kind && before.sharer?.text === sharer?.text;
  if (!sharer || same) return { facts: after, notice: null };
  const goesOn = sharer.kind === SHARING.kind;
  // That it is shared as usual is no news to begin with.
  if (goesOn && !before.sharer) return { facts: after, notice: null };
  return { facts: after, notice: { tone: goesOn ? 'good' : 'warning', text: announcementText(sharer) } };
}
