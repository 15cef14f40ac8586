const NAMED: Readonly<Record<number, string>> = {
  27: 'escape',
  13: 'return',
  9: 'tab',
  1073741903: 'right',
  1073741904: 'left',
  1073741905: 'down',
  1073741906: 'up',
  // F11, which switches to full screen everywhere else.
  1073741892: 'f',
};

const KEY_SYM = 20;
const TEXT = 12;
const TEXT_BYTES = 32;

/** The key of an SDL_KEYDOWN event when it types no text; keys that do come as SDL_TEXTINPUT, in the user's layout. */
export function keyOfKeyDown(event: DataView): string | null {
  return NAMED[event.getUint32(KEY_SYM, true)] ?? null;
}

/** The character of an SDL_TEXTINPUT event. */
export function keyOfText(event: DataView): string | null {
  const bytes = new Uint8Array(event.buffer, event.byteOffset + TEXT, TEXT_BYTES);
  const end = bytes.indexOf(0);
  const text = new TextDecoder().decode(bytes.subarray(0, end < 0 ? TEXT_BYTES : end));
  return [...text].length === 1 ? text : null;
}
