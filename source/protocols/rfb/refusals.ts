import type { ErrorCode } from '../../core/error-codes.js';
import { PeerglassError } from '../../core/errors.js';
import { plainText } from '../../core/plain-text.js';

/**
 * The reasons with which a peerglass share refuses a viewer, in the text of rfb's own reason field. A peerglass viewer
 * recognises them by their beginnings, so these are a contract between versions: the rest of a reason may change.
 */
export const REASON = {
  full: 'The share is full.',
  declined: 'The sharer declined.',
  unanswered: 'The sharer did not answer',
  wrongCode: 'The code is wrong.',
  wrongPassword: 'The password is wrong.',
  /** It must not reveal whether the code was right. */
  tooManyTries: 'Too many wrong codes are being tried.',
  tooSlow: 'No code came',
  mustEncrypt: 'This share requires encryption',
  /** A viewer came without the code, to be recognised by its key. */
  codeNeeded: 'This share asks for its code.',
  banned: 'The sharer has banned this viewer for the rest of the session.',
  ended: 'The sharer stopped sharing.',
  crowded: 'Too many viewers are connecting at once.',
  changedOnTheWay: 'The messages of the key exchange were changed on their way.',
} as const;

/** The meaning of a refusal for the viewer's person. */
export interface Meaning {
  readonly code: ErrorCode;
  /** Empty if the reason itself says what to do, or that nothing can be done. */
  readonly remedy: string;
}

const MEANINGS: readonly (Meaning & { readonly begins: string })[] = [
  {
    begins: REASON.full,
    code: 'E_SHARE_FULL',
    remedy: 'Try again when somebody has left, or ask the person there to disconnect a viewer (x on the dashboard).',
  },
  {
    begins: REASON.declined,
    code: 'E_DECLINED',
    remedy: 'Ask the person there before you try again; the question comes again after a while.',
  },
  {
    begins: REASON.unanswered,
    code: 'E_NOT_ANSWERED',
    remedy: 'Tell the person there that you are waiting (y on the dashboard lets you in), then try again.',
  },
  {
    begins: REASON.tooManyTries,
    code: 'E_TOO_MANY_TRIES',
    remedy:
      'Yours may be right. Try again in a minute, or ask the person there to answer the question on the dashboard.',
  },
  {
    begins: REASON.tooSlow,
    code: 'E_RFB_AUTH',
    remedy: "Ask for the code that the sharer's screen shows, then try again.",
  },
  {
    begins: REASON.mustEncrypt,
    code: 'E_RFB_SECURITY',
    remedy: 'Remove --encrypt off.',
  },
  {
    begins: REASON.codeNeeded,
    code: 'E_CODE_REQUIRED',
    remedy: "Give the code that the sharer's screen shows: --code CODE",
  },
  { begins: REASON.ended, code: 'E_SHARE_ENDED', remedy: 'Try again when they share again.' },
  { begins: REASON.banned, code: 'E_PEER_REFUSED', remedy: '' },
  { begins: REASON.crowded, code: 'E_SHARE_FULL', remedy: 'Try again in a few seconds.' },
  {
    begins: REASON.changedOnTheWay,
    code: 'E_RFB_PROTOCOL',
    remedy: 'Try again. If it keeps happening, somebody in between is changing what is sent.',
  },
];

/** The meaning of a share's reason; null: another program's text, or one without a kind of its own. */
export function meaningOf(reason: string): Meaning | null {
  return MEANINGS.find(({ begins }) => reason.startsWith(begins)) ?? null;
}

/** States of a share (docs/extensions.md) that end a session on purpose, with the text if the sharer sent none. */
export const FAREWELL_TEXT = { ended: REASON.ended, removed: 'The sharer ended this connection.' } as const;

/** What they mean for the viewer: reconnecting would be in vain. */
const FAREWELLS: Readonly<Record<keyof typeof FAREWELL_TEXT, Meaning>> = {
  ended: { code: 'E_SHARE_ENDED', remedy: 'Try again when they share again.' },
  removed: { code: 'E_PEER_REFUSED', remedy: 'Ask the person there before you try again.' },
};
const LONGEST_FAREWELL = 160;

/** Why the sharer is about to close the connection; null: it is not. @param state as received */
export function farewellOf({ kind, text }: { readonly kind: string; readonly text: string }): PeerglassError | null {
  if (kind !== 'ended' && kind !== 'removed') return null;
  const { code, remedy } = FAREWELLS[kind];
  return new PeerglassError(code, plainText(text, LONGEST_FAREWELL) || FAREWELL_TEXT[kind], remedy);
}
