/** C0, DEL and C1, line and paragraph separators, and bidirectional controls. */
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb]/g;
const HAS_CONTROLS = new RegExp(CONTROLS.source);

/** Removes the characters that a terminal acts on; any length. */
export function withoutControls(text: string): string {
  return HAS_CONTROLS.test(text) ? text.replace(CONTROLS, '') : text;
}

/** Makes text from outside safe for a terminal, a window title or a log, and cuts it at `limit` characters. */
export function plainText(text: string, limit = 200): string {
  const clean = withoutControls(text);
  return clean.length > limit ? `${clean.slice(0, limit - 1)}…` : clean;
}

/** The name of a file in a sentence: cut where it is long, and in quotes where it would not be seen as a name. */
export function fileText(file: string): string {
  const visible = file.replace(CONTROLS, sign => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const text = plainText(visible);
  return visible === file && text !== '' && text.trim() === text ? text : `"${text}"`;
}

/** Removes the characters that a terminal acts on from text of several lines. */
export function plainLines(text: string): string {
  return HAS_CONTROLS.test(text) ? text.split('\n').map(withoutControls).join('\n') : text;
}

/**
 * Makes every text in plain data safe; returns the same object if nothing changed. Texts keep their lines, and binary
 * data is kept.
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

/** The width of a text, and the units at which a word wider than a line is broken. */
export interface TextMeasure {
  widthOf(text: string): number;
  partsOf(text: string): readonly string[];
}

/** For characters of equal width. */
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
