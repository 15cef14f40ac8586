/** How wide a text is, and what it may be broken into where a word is wider than a line. */
export interface TextMeasure {
  widthOf(text: string): number;
  partsOf(text: string): readonly string[];
}

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
