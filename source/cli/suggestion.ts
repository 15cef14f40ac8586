/** Edits (insert, delete, replace, swap of neighbours) that turn one word into the other. */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, row) => [row, ...new Array<number>(b.length).fill(0)]);
  for (let column = 0; column <= b.length; column++) rows[0]![column] = column;
  for (let row = 1; row <= a.length; row++) {
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let best = Math.min(
        rows[row - 1]![column]! + 1,
        rows[row]![column - 1]! + 1,
        rows[row - 1]![column - 1]! + +!same,
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        best = Math.min(best, rows[row - 2]![column - 2]! + 1);
      }
      rows[row]![column] = best;
    }
  }
  return rows[a.length]![b.length]!;
}

/** The word that was most likely meant, or null when none is near. */
export function nearest(word: string, words: readonly string[]): string | null {
  const cut = word.slice(0, 40).toLowerCase();
  let best: { word: string; edits: number } | null = null;
  for (const candidate of words) {
    const edits = candidate.startsWith(cut) && cut.length > 1 ? 1 : distance(cut, candidate);
    if (best === null || edits < best.edits) best = { word: candidate, edits };
  }
  return best !== null && best.edits <= Math.max(1, Math.floor(cut.length / 3)) ? best.word : null;
}
