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

/** @param refused the advice for a code that was not accepted; empty for the first one */
function problemOfCode(text: string, refused: string): string | undefined {
  if (text === '') return refused === '' ? 'Type the code and press Enter. Esc cancels.' : `${refused} Esc cancels.`;
  const code = parseCode(text);
  return code.ok ? undefined : code.problem;
}

/** Asks for the code, user name or password that the server needs, or whether to send them at all. */
export default function LoginPrompt(props: Props) {
  const { options, peer, error, columns, answer, back } = props;
  const frame = { place: `watch ${peer}`, columns, back };
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
    const again = error.code === 'E_RFB_AUTH';
    return (
      <TextPrompt
        {...frame}
        key="vnc-password"
        title={again ? `Not accepted: ${error.message}` : 'The VNC server asks for its password'}
        hint="VNC password"
        entry={TEXT_ENTRY}
        secret
        problemOf={text => {
          if (text !== '') return undefined;
          return again ? `${error.remedy} Esc cancels.` : 'Type the password and press Enter. Esc cancels.';
        }}
        take={code => answer({ code, secret: 'password' })}
      />
    );
  }
  return (
    <TextPrompt
      {...frame}
      key="code"
      title={options.code === null ? 'The sharer asks for a code' : `Not accepted: ${error.message}`}
      hint="the code on the sharer's dashboard"
      entry={CODE_ENTRY}
      problemOf={text => problemOfCode(text, error.code === 'E_RFB_AUTH' ? error.remedy : '')}
      take={code => answer({ code, secret: 'code' })}
    />
  );
}

/** Asks for the user name, then for the password. */
function UserPrompt({ options, peer, error, columns, answer, back }: Props) {
  const [user, setUser] = useState<string | null>(null);
  const frame = { place: `watch ${peer}`, columns, back, entry: TEXT_ENTRY };
  const refused = error.code === 'E_RFB_AUTH' ? `Not accepted: ${error.message}` : null;
  if (user === null) {
    return (
      <TextPrompt
        {...frame}
        key="user"
        title={refused ?? 'The server asks for a user name and a password'}
        hint="user name"
        typed={options.user ?? ''}
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
