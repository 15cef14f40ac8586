/** C0, DEL and C1, line and paragraph separators, and what changes the direction of the text beside it. */
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb]/g;
const HAS_CONTROLS = new RegExp(CONTROLS.source);

/** A text without the characters that a terminal acts on, of any length. */
export function withoutControls(text: string): string {
  return HAS_CONTROLS.test(text) ? text.replace(CONTROLS, '') : text;
}

/** Text from outside, made safe for a terminal, a window title or a log, and cut at `limit` characters. */
export function plainText(text: string, limit = 200): string {
  const clean = withoutControls(text);
  return clean.length > limit ? `${clean.slice(0, limit - 1)}…` : clean;
}

/** Text of several lines without the characters that a terminal acts on. */
export function plainLines(text: string): string {
  return HAS_CONTROLS.test(text) ? text.split('\n').map(withoutControls).join('\n') : text;
}

/**
 * Plain data with every text in it made safe, for what a session tells: the same object where nothing was to be done.
 * Texts keep their lines, and binary data is kept as it is.
 */
export function plainData<Data>(data: Data): Data {
  return cleaned(data) as Data;
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return plainLines(value);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) {
    const copy = value.map(cleaned);
    return copy.every((each, index) => each === value[index]) ? value : copy;
  }
  const entries = Object.entries(value);
  const copy = entries.map(([name, each]) => [withoutControls(name), cleaned(each)] as const);
  const same = copy.every(([name, each], index) => name === entries[index]![0] && each === entries[index]![1]);
  return same ? value : Object.fromEntries(copy);
}

/** How wide a text is, and what it may be broken into where a word is wider than a line. */
export interface TextMeasure {
  widthOf(text: string): number;
  partsOf(text: string): readonly string[];
}

/** For characters that are all as wide. */
export const IN_CHARACTERS: TextMeasure = { widthOf: text => [...text].length, partsOf: text => [...text] };

/** Breaks a text into lines of at most `width`, between words where that is possible. */
export function wrapText(text: string, width: number, measure: TextMeasure): string[] {
  const { widthOf } = measure;
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      let rest = word;
      if (line !== '' && widthOf(line) + 1 + widthOf(rest) > width) {
        lines.push(line);
        line = '';
      }
      while (line === '' && widthOf(rest) > width) {
        const head = headOf(rest, width, measure);
        lines.push(head);
        rest = rest.slice(head.length);
      }
      line = line === '' ? rest : `${line} ${rest}`;
    }
    lines.push(line);
  }
  return lines;
}

function headOf(text: string, width: number, { widthOf, partsOf }: TextMeasure): string {
  let head = '';
  let used = 0;
  for (const part of partsOf(text)) {
    used += widthOf(part);
    if (used > width && head !== '') break;
    head += part;
  }
  return head;
}
