/**
 * Text from a peer, made safe for a terminal, a window title or a log: control characters (C0, DEL, C1) and the
 * bidirectional overrides are dropped, and it is cut at `limit` characters.
 */
export function plainText(text: string, limit = 200): string {
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '');
  return clean.length > limit ? `${clean.slice(0, limit - 1)}…` : clean;
}
