import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readFrames } from './frames.ts';
import { readJsonLines } from './json-lines.ts';

function frame(stream: number, payload: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(payload), 4);
  return Buffer.concat([header, Buffer.from(payload)]);
}

/** The bytes in pieces of these sizes, as a network would cut them. */
async function* cut(bytes: Buffer, sizes: readonly number[]): AsyncIterable<Uint8Array> {
  let at = 0;
  for (const size of sizes) {
    yield bytes.subarray(at, at + size);
    at += size;
  }
  yield await Promise.resolve(bytes.subarray(at));
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

test('frames come out whole, however the stream is cut', async () => {
  const sizes = fc.array(fc.nat(9));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom(1, 2), fc.string())), sizes, async (frames, cuts) => {
      const bytes = Buffer.concat(frames.map(([stream, payload]) => frame(stream, payload)));
      const read = await collect(readFrames(cut(bytes, cuts)));
      assert.deepEqual(
        read.map(({ stream, payload }) => [stream === 'stdout' ? 1 : 2, payload.toString()]),
        frames,
      );
    }),
  );
});

test('a stream without frames is refused instead of waited for', async () => {
  await assert.rejects(collect(readFrames(cut(Buffer.from('just plain text'), []))), { code: 'TH_ENGINE_REFUSED' });
});

test('JSON lines come out whole, however the stream is cut; what is no JSON is left out', async () => {
  const bytes = Buffer.from('{"a":"ä"}\nnot json\n\n{"b":2}\n{"unfinished"');
  for (let size = 1; size < 12; size++) {
    const cuts = Array.from({ length: 40 }, () => size);
    assert.deepEqual(await collect(readJsonLines(cut(bytes, cuts))), [{ a: 'ä' }, { b: 2 }]);
  }
});
