/**
 * Names, labels and log lines come from containers and are hostile text: a terminal must never obey them.
 * Everything that moves a cursor, sets a title, hides text or reverses its direction is replaced.
 */

// oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
// oxlint-disable-next-line no-control-regex
const COLOUR = /\u001b\[[0-9;]{0,20}m/g;
const RESET = '\u001b[0m';

/** One field on one line: control characters, line ends and colours shown as \xNN. */
export function printable(text: string): string {
  return text.replace(/[\n\t]/g, ' ').replace(CONTROL, escaped);
}

/** A text of ours: line ends, tabs and colours stay; everything else that steers a terminal is shown as \xNN. */
export function printableText(text: string): string {
  return keepingColours(text, escaped);
}

/** A log line: colours stay (and end with the line), everything else that steers a terminal is dropped. */
export function printableLog(line: string): string {
  const shown = keepingColours(line, () => '');
  return shown.includes('\u001b') ? shown + RESET : shown;
}

/** JSON that a terminal may show too: the same document, with what would steer it written as \uXXXX. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    CONTROL,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}

function keepingColours(text: string, replace: (character: string) => string): string {
  const colours = text.match(COLOUR) ?? [];
  return text
    .split(COLOUR)
    .map((part, index) => part.replace(CONTROL, replace) + (colours[index] ?? ''))
    .join('');
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
}
