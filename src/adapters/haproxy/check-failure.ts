import type { CheckFailure } from '../../ports/gateway.ts';

/** What glibc (the first of each) and musl call it when there is no way to a host. */
const NO_WAY = /no route to host|host is unreachable|network is unreachable|network unreachable/i;

/**
 * @param status HAProxy's code for how a check ended (`show stat`), or its words in the log
 * @param info what it adds to that
 */
export function checkFailureOf(status: string, info: string): CheckFailure {
  if (/^(L4TOUT|Layer4 timeout)/.test(status)) return 'unreachable';
  if (/^(L4CON|Layer4 connection problem)/.test(status)) return NO_WAY.test(info) ? 'unreachable' : 'other';
  if (/^(L[67]TOUT|Layer[67] timeout)/.test(status)) return 'silent';
  if (/^(L7STS|Layer7 wrong status)/.test(status)) return 'answered';
  // what `observe` and `error-limit` conclude
  if (/^(HANA|Health analyze)/.test(status)) return 'requests';
  return 'other';
}
