import { useState } from 'react';
import { asPeerglassError, type ErrorReport } from '../../core/errors.js';
import type { PeerAddress } from '../../core/peer-address.js';
import type { AppServices } from '../../session/app-services.js';
import { useKeys } from '../hooks/use-keys.js';
import { useLastStep } from '../hooks/use-last-step.js';
import { FailedSession } from './dashboard-frame.js';
import { ConfirmQuestion } from './questions.js';

interface Props {
  /** The peer's name. */
  readonly about: string;
  /** Where it was reached. */
  readonly peer: PeerAddress;
  readonly error: ErrorReport;
  readonly columns: number;
  readonly rows: number;
  readonly forgetPeer: AppServices['forgetPeer'];
  /** Whether a code or a password was given. */
  readonly login: boolean;
  readonly again: () => void;
  /** Tries again without them. */
  readonly anew: () => void;
  /** Tries again without a window; null: that is no help. */
  readonly inTerminal: (() => void) | null;
  readonly back: () => void;
}

/** A sharer that is not, or does not protect, what is remembered of it. */
function isStranger({ code }: ErrorReport): boolean {
  return code === 'E_PEER_CHANGED' || code === 'E_PEER_WEAKER';
}

/** Why watching has failed: it can be tried again, and a sharer that is another one now can be forgotten first. */
export default function FailedWatch(props: Props) {
  const { about, peer, error, columns, rows, login, forgetPeer, again, anew, inTerminal, back } = props;
  const [asking, setAsking] = useState(false);
  const [forgetting, setForgetting] = useState(false);
  const [unforgotten, setUnforgotten] = useState<ErrorReport | null>(null);
  const step = useLastStep();
  const forgets = isStranger(error) && unforgotten === null && !forgetting;
  const hidden = [
    forgets ? '' : 'forget',
    login && !forgetting ? '' : 'anew',
    forgetting ? 'again' : '',
    inTerminal ? '' : 'terminal',
  ].join(' ');
  useKeys(
    'failedWatch',
    {
      again: () => !forgetting && again(),
      anew: () => login && !forgetting && anew(),
      terminal: () => inTerminal?.(),
      forget: () => setAsking(forgets),
      back,
    },
    { active: !asking },
  );

  function answered(yes: boolean): void {
    setAsking(false);
    if (!yes) return;
    setForgetting(true);
    step(forgetPeer(peer), again, thrown => {
      setForgetting(false);
      setUnforgotten(asPeerglassError(thrown).report());
    });
  }

  const question = asking ? (
    <ConfirmQuestion
      question={`Forget what is remembered about ${about}?`}
      about={about}
      columns={columns}
      rows={1}
      answer={answered}
    />
  ) : null;
  return (
    <FailedSession
      place="watch"
      about={about}
      error={unforgotten ?? error}
      columns={columns}
      rows={rows}
      bar="failedWatch"
      hidden={hidden}
      question={question}
    />
  );
}
