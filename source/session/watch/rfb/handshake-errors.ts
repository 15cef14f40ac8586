import { PeerglassError } from '../../../core/errors.js';

export function codeRequired(): PeerglassError {
  return new PeerglassError(
    'E_CODE_REQUIRED',
    'The sharer asks for a code.',
    'Ask the sharer for the code on their dashboard and give it with --code CODE.',
  );
}
