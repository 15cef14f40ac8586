import { useState } from 'react';
import type { ErrorReport } from '../../core/errors.js';
import { parseCode } from '../../session/option-values.js';
import type { WatchOptions } from '../../session/watch-options.js';
import { CODE_ENTRY } from '../form.js';
import TextPrompt from './text-prompt.js';

/** The person's answer: options for the next try. */
export type LoginAnswer = Partial<Pick<WatchOptions, 'code' | 'secret' | 'user' | 'trust'>>;

interface Props {
  /** Of the session that ended. */
  readonly options: WatchOptions;
  /** The peer's name. */
  readonly peer: string;
  /** Why the session ended; `asksForLogin` is true for it. */
  readonly error: ErrorReport;
  /** How often the sharer has refused what was typed, this time included. */
  readonly refused: number;
  readonly columns: number;
  readonly answer: (answer: LoginAnswer) => void;
  readonly back: () => void;
}

const TEXT_ENTRY = { accepts: /[^\p{Cc}]/u, longest: 255 };
const YES = 'yes';
const YES_ENTRY = { accepts: /[a-z]/i, longest: YES.length };

/** Whether a session ended because the user has to answer something. */
export function asksForLogin({ code }: ErrorReport): boolean {
  return ['E_CODE_REQUIRED', 'E_PASSWORD_REQUIRED', 'E_RFB_AUTH', 'E_USER_REQUIRED', 'E_TRUST_REQUIRED'].includes(code);
}

/** What to do about something that was refused. */
function adviceOn(error: ErrorReport, refused: number): string {
  const later = refused > 1 ? 'After each wrong one a peerglass sharer answers later, up to a minute.' : '';
  return [error.remedy, later, 'Esc cancels.'].filter(Boolean).join(' ');
}

function refusalTitle({ message }: ErrorReport, refused: number): string {
  return refused > 1 ? `Not accepted, try ${refused}: ${message}` : `Not accepted: ${message}`;
}

/** @param refused the one that was not accepted, with advice; null: it is asked for for the first time */
function problemOfCode(
  text: string,
  refused: { readonly code: string; readonly advice: string } | null,
): string | undefined {
  if (text === '') return refused?.advice ?? 'Type the code and press Enter. Esc cancels.';
  if (text === refused?.code) return refused.advice;
  const code = parseCode(text);
  return code.ok ? undefined : code.problem;
}

/** Asks for the code, user name or password that the server needs, or whether to send them at all. */
export default function LoginPrompt(props: Props) {
  const { options, peer, error, refused, columns, answer, back } = props;
  const frame = { place: `watch ${peer}`, columns, back };
  const again = error.code === 'E_RFB_AUTH';
  if (error.code === 'E_TRUST_REQUIRED') {
    return (
      <TextPrompt
        {...frame}
        title={error.about === 'code' ? 'Send your code there?' : 'Send your password there?'}
        hint={YES}
        entry={YES_ENTRY}
        problemOf={text => {
          const said = text.toLowerCase() === YES;
          return said ? undefined : `${error.message} Type ${YES} to send it anyway. Esc cancels.`;
        }}
        take={() => answer({ trust: [...options.trust, error.about ?? ''] })}
      />
    );
  }
  if (error.code === 'E_USER_REQUIRED' || options.user !== null) return <UserPrompt {...props} />;
  if (error.code === 'E_PASSWORD_REQUIRED' || error.about === 'password') {
    return (
      <TextPrompt
        {...frame}
        key="vnc-password"
        title={again ? refusalTitle(error, refused) : 'The VNC server asks for its password'}
        hint="VNC password"
        entry={TEXT_ENTRY}
        secret
        problemOf={text => {
          if (text !== '') return undefined;
          return again ? adviceOn(error, refused) : 'Type the password and press Enter. Esc cancels.';
        }}
        take={code => answer({ code, secret: 'password' })}
      />
    );
  }
  const code = again ? (options.code ?? '') : '';
  return (
    <TextPrompt
      {...frame}
      key="code"
      title={again ? refusalTitle(error, refused) : 'The sharer asks for a code'}
      hint="the code on the sharer's dashboard"
      entry={CODE_ENTRY}
      typed={code}
      problemOf={text => problemOfCode(text, again ? { code, advice: adviceOn(error, refused) } : null)}
      take={code => answer({ code, secret: 'code' })}
    />
  );
}

/** Asks for the user name, then for the password. */
function UserPrompt({ options, peer, error, refused, columns, answer, back }: Props) {
  const [user, setUser] = useState<string | null>(null);
  const frame = { place: `watch ${peer}`, columns, back, entry: TEXT_ENTRY };
  const again = error.code === 'E_RFB_AUTH';
  if (user === null) {
    return (
      <TextPrompt
        {...frame}
        key="user"
        title={again ? refusalTitle(error, refused) : 'The server asks for a user name and a password'}
        hint="user name"
        typed={options.user ?? ''}
        note={again ? adviceOn(error, refused) : ''}
        problemOf={text => (text.trim() === '' ? 'Type your user name on the server. Esc cancels.' : undefined)}
        take={setUser}
      />
    );
  }
  return (
    <TextPrompt
      {...frame}
      key="password"
      title={`Password for ${user}`}
      hint="password"
      secret
      problemOf={text => (text === '' ? 'Type the password. Esc cancels.' : undefined)}
      take={code => answer({ user, code, secret: 'password' })}
    />
  );
}
