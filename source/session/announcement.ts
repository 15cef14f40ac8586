import { plainText } from '../core/plain-text.js';
import { FAREWELL_TEXT } from '../protocols/rfb/refusals.js';

/**
 * The state of a share, as sent to its viewers: a kind for programs and a text for people, empty where the kind
 * says it all. A kind that is not known here is shown by its text.
 */
export interface Announcement {
  readonly kind: string;
  readonly text: string;
}

/** All known kinds, with the text to show if the sharer sent none. */
const ANNOUNCED = {
  sharing: 'The sharer is sharing again.',
  paused: 'The sharer paused the share.',
  'source-gone': 'The shared window or monitor is gone. The sharer can choose another one.',
  minimised: 'The shared window is minimised, or the shared monitor is off.',
  hung: 'The desktop of the sharer does not respond.',
  ...FAREWELL_TEXT,
} as const satisfies Readonly<Record<string, string>>;

export const SHARING: Announcement = { kind: 'sharing', text: '' };
export const PAUSED: Announcement = { kind: 'paused', text: '' };
/** The last words to a viewer whose connection is closed on purpose. With a text, for viewers that do not know the kind. */
export const SHARE_OVER: Announcement = { kind: 'ended', text: ANNOUNCED.ended };

/** @param text why, for the viewer's person */
export function removed(text: string): Announcement {
  return { kind: 'removed', text };
}

const MAX_KIND = 32;
const MAX_TEXT = 160;

/** A peer's announcement, made safe to show. */
export function cleanAnnouncement({ kind, text }: Announcement): Announcement {
  return { kind: plainText(kind, MAX_KIND), text: plainText(text, MAX_TEXT) };
}

/** One line for people. */
export function announcementText({ kind, text }: Announcement): string {
  if (text !== '') return text;
  const known: Readonly<Record<string, string>> = ANNOUNCED;
  return Object.hasOwn(known, kind) ? known[kind]! : `The sharer says: ${kind}.`;
}
