import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable, printableJson, printableLog, printableText } from './printable.ts';

test('a name cannot move the cursor, set the title, break the line or colour what follows', () => {
  assert.equal(
    printable('web\u001b[2J\u001b]0;owned\u0007\nroot# \u009b1A'),
    'web\\x1b[2J\\x1b]0;owned\\x07 root# \\x9b1A',
  );
  assert.equal(printable('a\u001b[31mb'), 'a\\x1b[31mb');
});

test('text cannot reverse its direction', () => {
  assert.equal(printable('x\u202ecod.exe'), 'x\\u202ecod.exe');
});

test('a log line keeps its colours, ends them, and drops what steers', () => {
  assert.equal(printableLog('\u001b[31mred\u001b[2K\rgone'), '\u001b[31mred[2Kgone\u001b[0m');
  assert.equal(printableLog('plain'), 'plain');
});

test('our own texts keep line ends and colours', () => {
  assert.equal(printableText('a\n\u001b[1mb\u001b[22m\u001b[5;5H'), 'a\n\u001b[1mb\u001b[22m\\x1b[5;5H');
});

test('a document is the same data, and steers no terminal', () => {
  const value = { text: 'a\u001b[2J\u009b1A\u202e\u2028\u007f\nb', list: [1] };
  for (const text of [printableJson(value), printableJson(value, 2)]) {
    assert.deepEqual(JSON.parse(text), value);
    for (const steers of '\u001b\u007f\u009b\u2028\u202e') assert.ok(!text.includes(steers));
  }
});
