import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PeerglassError } from '../../core/errors.js';
import { fileText } from '../../core/plain-text.js';
import { unixTime } from '../../node/clock.js';
import { hasShortLengths, type SelfSigned, selfSigned } from '../../node/self-signed.js';
import { whyUnread, whyUnwritten, writeWholeSync } from '../../node/whole-file.js';
import type { ShareOptions } from '../share-options.js';

/** The certificate that a share shows, and its key, as PEM. */
export interface ShareIdentity extends SelfSigned {
  /** The SHA-256 of the certificate, in lower-case hex. */
  readonly fingerprint: string;
}

export type IdentityNotice = (tone: 'info' | 'warning', text: string, code?: string) => void;

/** Both in one file, which is whole or not there. */
const FILE = 'certificate.pem';
const OWN_NAME = 'peerglass';

/**
 * The certificate that was given, else the one of this user, which is made once and kept in the state folder.
 * @param folder null if there is none: the certificate lasts as long as the share
 * @throws PeerglassError E_CERTIFICATE
 */
export function shareIdentity(
  { certFile, keyFile }: Pick<ShareOptions, 'certFile' | 'keyFile'>,
  folder: string | null,
  notice: IdentityNotice,
): ShareIdentity {
  if (certFile !== null && keyFile !== null) {
    return checked(read(certFile), certFile, read(keyFile), keyFile, notice);
  }
  return (folder !== null && kept(path.join(folder, FILE), notice)) || made(folder, notice);
}

/** Null if there is none yet. */
function kept(file: string, notice: IdentityNotice): ShareIdentity | null {
  try {
    readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
  }
  const both = read(file);
  const identity = checked(both, file, both, file, notice);
  const { subject, raw } = new X509Certificate(identity.cert);
  return subject !== `CN=${OWN_NAME}` || hasShortLengths(raw) ? identity : renewed(file, identity, notice);
}

/**
 * In place of a certificate that browsers refuse, one with the same key: viewers that remember the key alone (TigerVNC)
 * notice nothing.
 */
function renewed(file: string, old: ShareIdentity, notice: IdentityNotice): ShareIdentity {
  const { cert, key } = selfSigned(OWN_NAME, createPrivateKey(old.key));
  try {
    writeWholeSync(file, `${key}${cert}`);
  } catch (error) {
    const text = `Browsers refuse the certificate in ${file}, and it cannot be replaced: ${whyUnwritten(error)}.`;
    notice('warning', text, 'E_CERTIFICATE');
    return old;
  }
  const text = `The certificate in ${file} was made anew, with the same key: browsers refused the old one. A peerglass that knows this share by it, and has no code, stops until it is told "peerglass forget ADDRESS".`;
  notice('info', text);
  return kept(file, notice) ?? old;
}

function made(folder: string | null, notice: IdentityNotice): ShareIdentity {
  const { cert, key } = selfSigned(OWN_NAME);
  const identity = { cert, key, fingerprint: fingerprintOf(new X509Certificate(cert)) };
  if (folder === null) return identity;
  const file = path.join(folder, FILE);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeWholeSync(file, `${key}${cert}`);
  } catch (error) {
    const text = `The certificate for encrypted viewers cannot be kept in ${file}: ${whyUnwritten(error)}. The next share has another one, and viewers will ask about it.`;
    notice('warning', text, 'E_CERTIFICATE');
    return identity;
  }
  // Another share that began at the same moment may have written its own.
  return kept(file, notice) ?? identity;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unusable(`${fileText(file)} cannot be read: ${whyUnread(error)}.`, file);
  }
}

function checked(cert: string, certFile: string, key: string, keyFile: string, notice: IdentityNotice): ShareIdentity {
  const certificate = parsed(
    () => new X509Certificate(cert),
    `${fileText(certFile)} holds no certificate (PEM).`,
    certFile,
  );
  const why = `${fileText(keyFile)} holds no private key (PEM), or one that is protected by a passphrase.`;
  const privateKey = parsed(() => createPrivateKey(key), why, keyFile);
  if (!certificate.checkPrivateKey(privateKey)) {
    throw unusable(
      `The key in ${fileText(keyFile)} does not belong to the certificate in ${fileText(certFile)}.`,
      keyFile,
    );
  }
  if (Date.parse(certificate.validTo) < unixTime()) {
    notice('warning', `The certificate in ${fileText(certFile)} expired on ${certificate.validTo}.`, 'E_CERTIFICATE');
  }
  return { cert, key, fingerprint: fingerprintOf(certificate) };
}

function parsed<Value>(parse: () => Value, problem: string, file: string): Value {
  try {
    return parse();
  } catch (cause) {
    throw unusable(problem, file, cause);
  }
}

function unusable(message: string, file: string, cause?: unknown): PeerglassError {
  const remedy =
    path.basename(file) === FILE
      ? 'Move it away to have a new one made; viewers that know the old one will have to forget it.'
      : 'Give a certificate and its key as PEM files: --cert FILE --key FILE. Or leave both out.';
  return new PeerglassError('E_CERTIFICATE', message, remedy, { cause });
}

function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}
