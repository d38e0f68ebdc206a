/** Plain text for people: columns, times, cut lines. Pure. */

// oxlint-disable-next-line no-control-regex -- our own colours take no room
const COLOUR = /\u001b\[[0-9;]*m/g;

export function width(text: string): number {
  return Array.from(text.replace(COLOUR, '')).length;
}

/** Rows with their columns aligned, two spaces between, nothing after the last. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, width(cell))));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - width(cell)),
      )
      .join('  ')
      .trimEnd(),
  );
}

/** At most `columns` characters, an ellipsis where something was cut. Not for text that has colours. */
export function cut(text: string, columns: number): string {
  const characters = Array.from(text);
  return characters.length <= columns ? text : `${characters.slice(0, Math.max(0, columns - 1)).join('')}…`;
}

/** Text broken between words into lines of at most `columns`, each after `indent`. */
export function wrap(text: string, columns: number, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && indent.length + line.length + 1 + word.length > columns) {
      lines.push(indent + line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  if (line !== '') lines.push(indent + line);
  return lines;
}

/** "14:03:11", with the day before it when it was not today. */
export function clockTime(at: number, now: number): string {
  const time = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  const ofDay = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':');
  const sameDay = time.toDateString() === new Date(now).toDateString();
  return sameDay ? ofDay : `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${ofDay}`;
}
