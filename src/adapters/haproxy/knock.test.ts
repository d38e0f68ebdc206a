import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { knock } from './knock.ts';

describe('a knock', () => {
  const never = new AbortController().signal;

  it('is answered by a kernel that refuses', async () => {
    assert.equal(await knock('127.0.0.1', 5000, never), true);
  });

  it('is not answered where there is no way', async () => {
    // a broadcast address is nobody's: the kernel refuses to connect to it at once
    assert.equal(await knock('255.255.255.255', 5000, never), false);
  });

  it('ends with whoever asked', async () => {
    const over = new AbortController();
    const answer = knock('192.0.2.1', 60_000, over.signal); // TEST-NET-1, RFC 5737: nobody is there
    over.abort();
    assert.equal(await answer, false);
  });
});
