import type { EventRecord } from '../../ports/store.ts';
import { printable } from './printable.ts';
import { clockTime } from './table.ts';

export function eventLine(event: EventRecord, now: number): string {
  const who = event.member ?? event.service;
  const named = who === null || event.message.startsWith(who) ? '' : `${printable(who)}: `;
  return `${clockTime(event.time, now)}  ${named}${printable(event.message)}`;
}
