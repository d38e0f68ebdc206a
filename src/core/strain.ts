/**
 * What a member uses, against what it may. Near a limit over a whole window is a strain; how it is met is another
 * matter (relief.ts), for most of what is busy is well. Words are for a person, and are the evidence of an incident.
 */

import type { MemberSeen, ResourcePolicy } from './model.ts';
import { spanText } from './span.ts';

export type Resource = 'memory' | 'processes' | 'descriptors' | 'processor' | 'throttling';

export interface Strain {
  readonly resource: Resource;
  readonly words: string;
  /** what it is short of does not come back by itself: a new process would have it again */
  readonly isUsedUp: boolean;
}

export function strainsOf({ resources }: ResourcePolicyHolder, seen: MemberSeen): Strain[] {
  if (seen.state !== 'running') return [];
  return [...memoryStrain(resources, seen), ...countStrains(resources, seen), ...processorStrains(resources, seen)];
}

interface ResourcePolicyHolder {
  readonly resources: ResourcePolicy;
}

/** Memory that stays near its limit, and processes inside that the kernel ends again and again, are one. */
function memoryStrain(policy: ResourcePolicy, { resources, oom }: MemberSeen): Strain[] {
  const memory = resources?.memory;
  const isNear = memory != null && memory.share >= policy.memoryShare;
  const kills = Math.max(oom.killsInWindow ?? 0, oom.events);
  if (!isNear && kills === 0) return [];
  const near = isNear
    ? [`uses ${percent(memory.share)} of its memory limit (${mebibytes(memory.limitBytes)}) or more ${over(resources)}`]
    : [];
  const isUsedUp = isNear || kills >= policy.oomKills;
  return [{ resource: 'memory', words: [...near, ...killWords(policy, oom)].join(', and '), isUsedUp }];
}

function killWords(policy: ResourcePolicy, { kills, killsInWindow, events }: MemberSeen['oom']): string[] {
  const count = Math.max(killsInWindow ?? 0, events);
  if (count === 0) return [];
  const witnesses = [
    ...(kills !== null && kills > 0 ? [`the kernel's counter: ${kills} since its start`] : []),
    ...(events > 0 ? [`the engine: ${times(events, 'oom event')}`] : []),
  ];
  const window = spanText(policy.windowMs);
  return [`had ${times(count, 'process', 'es')} ended for want of memory within ${window} (${witnesses.join('; ')})`];
}

/** What can be counted, and of which a leak takes the last one some day. */
function countStrains(policy: ResourcePolicy, { resources }: MemberSeen): Strain[] {
  const pids = near(resources?.pids ?? null, policy.pidsShare);
  const descriptors = near(resources?.descriptors ?? null, policy.descriptorsShare);
  return [
    ...pids.map((words) => ({ resource: 'processes', words: `has ${words} processes`, isUsedUp: true }) as const),
    ...descriptors.map(
      (words) => ({ resource: 'descriptors', words: `has ${words} open files`, isUsedUp: true }) as const,
    ),
  ].map((strain) => ({ ...strain, words: `${strain.words} ${over(resources)}` }));
}

function near(use: { readonly share: number; readonly limit: number } | null, from: number): string[] {
  return use !== null && use.share >= from ? [`${Math.round(use.share * use.limit)} of at most ${use.limit}`] : [];
}

/** Being busy is what a processor is for. */
function processorStrains(policy: ResourcePolicy, { resources }: MemberSeen): Strain[] {
  const { cpu = null, throttledShare = null } = resources ?? {};
  const busy =
    cpu !== null && cpu.share >= policy.cpuShare
      ? [`uses ${percent(cpu.share)} of its ${processors(cpu.limit)} ${over(resources)}`]
      : [];
  const throttled =
    throttledShare !== null && throttledShare >= policy.throttledShare
      ? [`is held back by its quota in ${percent(throttledShare)} of the time ${over(resources)}`]
      : [];
  return [
    ...busy.map((words) => ({ resource: 'processor', words, isUsedUp: false }) as const),
    ...throttled.map((words) => ({ resource: 'throttling', words, isUsedUp: false }) as const),
  ];
}

function over(resources: MemberSeen['resources']): string {
  return `for ${spanText(resources?.overMs ?? 0)}`;
}

/** Its checks took a good part of the time they may take, all of the window: it answers, and slowly. */
export function isSlow({ resources }: MemberSeen): boolean {
  return (resources?.checkShare ?? 0) >= 0.5;
}

/** It ended because the kernel ended it for want of memory: the flag alone, or a SIGKILL that others explain. */
export function endedForMemory({ oomKilled, exitCode, oom, state }: MemberSeen): boolean {
  if (state === 'running' || state === 'paused') return false;
  return oomKilled || (exitCode === 137 && (oom.events > 0 || (oom.killsInWindow ?? 0) > 0));
}

/** All that tells of it, together. */
export function memoryEndWords({ oomKilled, exitCode, oom }: MemberSeen): string {
  const witnesses = [
    ...(exitCode === null ? [] : [`exit code ${exitCode}`]),
    ...(oomKilled ? ["the engine's flag"] : []),
    ...(oom.events > 0 ? [times(oom.events, 'oom event')] : []),
    ...(oom.kills !== null && oom.kills > 0 ? [`the kernel's counter (${oom.kills})`] : []),
  ];
  return `was ended by the kernel: out of memory (${witnesses.join(', ')})`;
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}

function processors(limit: number): string {
  return limit === 1 ? '1 processor' : `${Math.round(limit * 100) / 100} processors`;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}

function times(count: number, noun: string, plural = 's'): string {
  return `${count} ${noun}${count === 1 ? '' : plural}`;
}
