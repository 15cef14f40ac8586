/** @throws Error when the page has no such element, which only a mistake in index.html explains */
export function byId<Kind extends Element = HTMLElement>(id: string): Kind {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element #${id}`);
  return found as Element as Kind;
}

/** Shows a text, or hides the element where there is none. */
export function say(element: HTMLElement, text: string | null): void {
  element.hidden = text === null;
  // A screen reader repeats a text that is set again.
  if (text !== null && element.textContent !== text) element.textContent = text;
}

/** Fills a description list. */
export function fillList(list: HTMLElement, rows: readonly (readonly [name: string, value: string])[]): void {
  const texts = rows.flat();
  const cells = [...list.children];
  if (cells.length !== texts.length) {
    list.replaceChildren(...texts.map((_, index) => document.createElement(index % 2 === 0 ? 'dt' : 'dd')));
  }
  [...list.children].forEach((cell, index) => {
    const text = texts[index]!;
    if (cell.textContent !== text) cell.textContent = text;
  });
}
