import { TwinhullError } from '../../errors.ts';

/**
 * One word of HAProxy's configuration that holds exactly `text`, whatever is in it: strong quotes keep blanks,
 * `#`, `$` and backslashes; CR and LF go into a weakly quoted piece, where they can be written as escapes.
 * @throws TH_COMPOSE_INVALID for other control characters, which no value of ours can need
 */
export function quote(text: string): string {
  if (/[^\P{Cc}\t\r\n]/u.test(text)) {
    throw new TwinhullError(
      'TH_COMPOSE_INVALID',
      `a value for the gateway has a control character in it: ${JSON.stringify(text)}`,
    );
  }
  const pieces = text.match(/[\r\n\t]+|[^\r\n\t]+/g) ?? [''];
  return pieces.map((piece) => (/[\r\n\t]/.test(piece) ? weakly(piece) : strongly(piece))).join('');
}

const strongly = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const weakly = (text: string): string =>
  `"${text.replaceAll('\r', '\\r').replaceAll('\n', '\\n').replaceAll('\t', '\\t')}"`;

/**
 * A member's or project's name where HAProxy wants a bare word.
 * @throws TH_COMPOSE_INVALID when it is none
 */
export function bareName(name: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name)) {
    throw new TwinhullError('TH_COMPOSE_INVALID', `the gateway cannot use this name: ${JSON.stringify(name)}`);
  }
  return name;
}
