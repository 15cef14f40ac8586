import type { ErrorCode } from '../../core/error-codes.js';

/**
 * Why a share of peerglass turns a viewer away, in the words that rfb's own field for a reason carries. A viewer of peerglass
 * knows them again by how they begin, so these words are a contract between versions: the rest of a reason may change.
 */
export const REASON = {
  full: 'The share is full.',
  declined: 'The sharer declined.',
  unanswered: 'The sharer did not answer',
  wrongCode: 'The code is wrong.',
  /** Whether the code was right is not said. */
  tooManyTries: 'Too many wrong codes are being tried.',
  tooSlow: 'No code came',
} as const;

/** What a refusal means to the person at the viewer. */
export interface Meaning {
  readonly code: ErrorCode;
  /** Empty where the reason says by itself what to do, or that nothing can be done. */
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
];

/** What a reason of a share means; null: another program's words, or of no kind of their own. */
export function meaningOf(reason: string): Meaning | null {
  return MEANINGS.find(({ begins }) => reason.startsWith(begins)) ?? null;
}
