import { PeerglassError } from '../../core/errors.js';
import type { CreateWire } from './wire-session.js';

/** Until this side of the rfb wire is there, its banner is recognised and named. */
export const createRfbWire: CreateWire = ({ stream, peer }, host) => ({
  wire: 'rfb',
  start() {
    const message = `${peer} is a VNC server; that wire is not built yet.`;
    host.ended(new PeerglassError('E_WIRE_MISMATCH', message, 'Ask for the port of a classic share, usually 9000.'));
  },
  setLevel: () => false,
  setQuality: () => false,
  setCursor: () => false,
  close: () => stream.destroy(),
});
