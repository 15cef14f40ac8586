import { PeerglassError } from '../../../core/errors.js';

export function codeRequired(): PeerglassError {
  return new PeerglassError(
    'E_CODE_REQUIRED',
    'The sharer asks for a code.',
    'Ask the sharer for the code on their dashboard and give it with --code CODE.',
  );
}

/** The security type that was agreed on lays a stream over the connection, and nobody can do that here. */
export function cannotReplace(): PeerglassError {
  return new PeerglassError('E_RFB_SECURITY', 'This connection cannot be encrypted in mid-session.');
}
