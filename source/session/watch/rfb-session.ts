import { asPeerglassError } from '../../core/errors.js';
import { isLoopback } from '../../core/ip-address.js';
import { loadJpegDecoder } from '../../node/compressors.js';
import { stateFolder } from '../../node/state-folder.js';
import type { CPacePlatform } from '../../protocols/rfb/security/cpace-platform.js';
import type { RsaAesPlatform } from '../../protocols/rfb/security/rsa-aes-platform.js';
import { fingerprintText, type KnownPeer, kindOf } from '../../protocols/rfb/security/trust.js';
import { clientLayers } from '../../transport/tls.js';
import { NodeCPace } from '../cpace-platform.js';
import { KnownPeers } from '../known-peers.js';
import { NodeRsaAes } from '../rsa-aes-platform.js';
import type { CreateProtocolSession } from './link.js';
import type { ProtocolHost } from './protocol-session.js';
import { ClientConnection, type RfbOptions } from './rfb/client-connection.js';
import type { CreateRfbTrace } from './rfb/rfb-host.js';
import { SessionTrace } from './session-trace.js';
import { createVideoDecoders } from './video/decoder-process.js';

/**
 * Numbers of security types to leave out where the peer has others that protect as much as it did before: for
 * measurements of the others.
 */
const NOT_MEASURED = (process.env.PEERGLASS_LEAVE_OUT ?? '').split(',').filter(Boolean).map(Number);

/** Creates rfb client sessions with this machine's JPEG decoder and known peers, traced for the messages page. */
export function rfbSessionFactory(
  options: RfbOptions = {},
  peers = new KnownPeers(stateFolder()),
  rsaAes = new NodeRsaAes(stateFolder()),
  cpace: CPacePlatform | null = new NodeCPace(stateFolder()),
): CreateProtocolSession {
  const leftOut = new Map<string, readonly number[]>();
  return ({ stream, early, peer, resume, trace }, host) => {
    const createTrace: CreateRfbTrace = (bytes, between) => new SessionTrace(trace, bytes, between);
    const without = leftOut.get(peer) ?? NOT_MEASURED;
    const protection = {
      ...protectionOf(peer, host, peers, rsaAes),
      cpace,
      without,
      leaveOut: (type: number) => void leftOut.set(peer, [...without, type]),
    };
    const codecs = { jpeg: loadJpegDecoder(), video: host.options.video ? createVideoDecoders() : null };
    const connection = { stream, early, peer, resume, ...codecs, createTrace, protection };
    return new ClientConnection(connection, host, options);
  };
}

/** @throws PeerglassError E_KNOWN_PEERS */
function protectionOf(peer: string, host: ProtocolHost, peers: KnownPeers, rsaAes: RsaAesPlatform) {
  const { encrypt, trust, user, name, secret } = host.options;
  // Who wants no encryption is asked nothing about it.
  const known = encrypt === 'off' ? null : peers.find(peer);
  return {
    tls: clientLayers,
    rsaAes,
    user,
    name,
    trust: {
      encrypt,
      known,
      yes: trust,
      secret,
      loopback: isLoopback(peer),
      forget: `peerglass forget ${peer}`,
    },
    letIn: (now: KnownPeer) => remember(peer, known, now, host, peers),
  };
}

function remember(peer: string, known: KnownPeer | null, now: KnownPeer, host: ProtocolHost, peers: KnownPeers): void {
  try {
    peers.remember(peer, now);
  } catch (thrown) {
    const { message, code } = asPeerglassError(thrown);
    host.notice('warning', `${message} ${peer} will not be recognised the next time.`, code);
    return;
  }
  if (known?.fingerprint || now.fingerprint === null) return;
  const kind = kindOf(now.channel);
  host.notice('info', `The ${kind} of ${peer} is remembered: SHA-256 ${fingerprintText(now.fingerprint)}`);
}

export const createRfbSession: CreateProtocolSession = rfbSessionFactory();
