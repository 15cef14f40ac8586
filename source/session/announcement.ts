import { plainText } from '../core/plain-text.js';

/**
 * How a share is doing, as its viewers are told: a kind that programs go by, and a text for people, empty where the kind
 * says it all. A kind that is not known here is shown by its text.
 */
export interface Announcement {
  readonly kind: string;
  readonly text: string;
}

/** The kinds that peerglass knows, and what a viewer's person reads when the sharer sent no text. */
const ANNOUNCED = {
  sharing: 'The sharer is sharing again.',
  paused: 'The sharer paused the share.',
  'source-gone': 'The shared window or monitor is gone. The sharer can choose another one.',
  minimised: 'The shared window is minimised.',
} as const satisfies Readonly<Record<string, string>>;

export const SHARING: Announcement = { kind: 'sharing', text: '' };
export const PAUSED: Announcement = { kind: 'paused', text: '' };

const MAX_KIND = 32;
const MAX_TEXT = 160;

/** What came from a peer, made safe to show. */
export function cleanAnnouncement({ kind, text }: Announcement): Announcement {
  return { kind: plainText(kind, MAX_KIND), text: plainText(text, MAX_TEXT) };
}

/** One line for people. */
export function announcementText({ kind, text }: Announcement): string {
  if (text !== '') return text;
  const known: Readonly<Record<string, string>> = ANNOUNCED;
  return Object.hasOwn(known, kind) ? known[kind]! : `The sharer says: ${kind}.`;
}
