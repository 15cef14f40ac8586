import { createCipheriv } from 'node:crypto';
import { loadNative } from './load-native.js';

type Pointer = unknown;

/** From OpenSSL's openssl/evp.h; the same in BoringSSL. */
const GET_TAG = 0x10;
const SET_TAG = 0x11;

/** OpenSSL's calls for ciphers (EVP_EncryptInit(3)). Nearly all return 1, or 0 for a failure. */
interface Calls {
  find(name: string): Pointer | null;
  create(): Pointer | null;
  free(context: Pointer): void;
  setPadding(context: Pointer, padding: number): number;
  init(
    ...values: [Pointer, cipher: Pointer | null, engine: null, Uint8Array | null, Uint8Array | null, number]
  ): number;
  update(context: Pointer, to: Uint8Array | null, written: Int32Array, from: Uint8Array, length: number): number;
  finish(context: Pointer, to: Uint8Array, written: Int32Array): number;
  control(context: Pointer, type: number, length: number, value: Uint8Array): number;
}

/** Loaded once a thread; null: not available here. */
let calls: Calls | null | undefined;
/** Where OpenSSL says how many bytes it has written, and room for a block that it does not write. */
const written = new Int32Array(1);
const nothing = new Uint8Array(16);

function openSslCalls(): Calls | null {
  if (calls !== undefined) return calls;
  calls = null;
  try {
    const library = loadNative('koffi').load(null);
    calls = {
      find: library.func('void *EVP_get_cipherbyname(const char *)'),
      create: library.func('void *EVP_CIPHER_CTX_new()'),
      free: library.func('void EVP_CIPHER_CTX_free(void *)'),
      setPadding: library.func('int EVP_CIPHER_CTX_set_padding(void *, int)'),
      init: library.func('int EVP_CipherInit_ex(void *, void *, void *, const uint8_t *, const uint8_t *, int)'),
      update: library.func('int EVP_CipherUpdate(void *, uint8_t *, int *, const uint8_t *, int)'),
      finish: library.func('int EVP_CipherFinal_ex(void *, uint8_t *, int *)'),
      control: library.func('int EVP_CIPHER_CTX_ctrl(void *, int, int, uint8_t *)'),
    } as Calls;
    if (!agreesWithNode(calls)) calls = null;
  } catch {
    // Without koffi, or in a Node that does not export them.
  }
  return calls;
}

/** Whether a message comes out as Node itself seals it. */
function agreesWithNode(found: Calls): boolean {
  const [key, nonce, header] = [new Uint8Array(32).fill(3), new Uint8Array(12).fill(5), Uint8Array.of(0, 100)];
  const text = Uint8Array.from({ length: 100 }, (_, at) => at);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(header);
  const expected = Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
  const context = CipherContext.create(found, 'aes-256-gcm', key, true);
  const tag = new Uint8Array(16);
  context?.begin(nonce, header);
  context?.update(text, text);
  context?.getTag(tag);
  return expected.equals(Buffer.concat([text, tag]));
}

const freed = new FinalizationRegistry(({ free, context }: { free: Calls['free']; context: Pointer }) => free(context));

/**
 * A cipher of OpenSSL's with a key, for any number of messages: Node makes an object and a new buffer for each, which
 * takes longer than to encrypt some kilobytes. Nonces, keys and room must have the right lengths.
 */
export class CipherContext {
  readonly #calls: Calls;
  readonly #context: Pointer;
  readonly #encrypts: number;

  private constructor(found: Calls, context: Pointer, encrypts: number) {
    this.#calls = found;
    this.#context = context;
    this.#encrypts = encrypts;
    freed.register(this, { free: found.free, context });
  }

  /** Null: OpenSSL has no such cipher. */
  static create(found: Calls, name: string, key: Uint8Array, encrypts: boolean): CipherContext | null {
    const cipher = found.find(name);
    if (!cipher) return null;
    const context = found.create();
    if (!context) return null;
    const created = new CipherContext(found, context, encrypts ? 1 : 0);
    succeed(found.init(context, cipher, null, key, null, encrypts ? 1 : 0));
    found.setPadding(context, 0);
    return created;
  }

  /** Begins a message. @param header which the tag covers; none for ciphers that make no tag */
  begin(nonce: Uint8Array, header: Uint8Array | null = null): void {
    succeed(this.#calls.init(this.#context, null, null, null, nonce, this.#encrypts));
    if (header) succeed(this.#calls.update(this.#context, null, written, header, header.length));
  }

  /** Goes on with the message. @param to as many bytes, also those of `from` */
  update(from: Uint8Array, to: Uint8Array): void {
    succeed(this.#calls.update(this.#context, to, written, from, from.length));
  }

  /** Ends a message that was encrypted. */
  getTag(tag: Uint8Array): void {
    succeed(this.#calls.finish(this.#context, nothing, written));
    succeed(this.#calls.control(this.#context, GET_TAG, tag.length, tag));
  }

  /** Ends a message that was decrypted. @returns whether it has that tag: otherwise none of it may be used */
  hasTag(tag: Uint8Array): boolean {
    succeed(this.#calls.control(this.#context, SET_TAG, tag.length, tag));
    return this.#calls.finish(this.#context, nothing, written) === 1;
  }
}

function succeed(result: number): void {
  if (result !== 1) throw new Error('OpenSSL failed');
}

/**
 * @param name OpenSSL's, e.g. "aes-256-gcm"
 * @returns null where its functions cannot be called
 */
export function cipherContext(name: string, key: Uint8Array, encrypts: boolean): CipherContext | null {
  const found = openSslCalls();
  return found && CipherContext.create(found, name, key, encrypts);
}
