/** What runs: command, environment, labels, health, log, restart. */

import type { ContainerContext, ContainerDraft } from '../keys/key.ts';
import type { Logging } from '../keys/lifecycle-parts.ts';
import type { Healthcheck } from '../project.ts';
import { nanoseconds, seconds, speaks } from './fields.ts';

export function putCommand(draft: ContainerDraft, value: readonly string[] | null): void {
  draft.Cmd = value;
}

export function putEntrypoint(draft: ContainerDraft, value: readonly string[] | null): void {
  draft.Entrypoint = value;
}

/** A variable without a value is passed on from our own environment, if it is there. */
export function putEnvironment(
  draft: ContainerDraft,
  value: Readonly<Record<string, string | null>>,
  { project, host }: ContainerContext,
): void {
  draft.Env = Object.entries(value).flatMap(([name, written]) => {
    const found = written ?? project.environment[name] ?? host.environment[name];
    return found === undefined ? [] : [`${name}=${found}`];
  });
}

export function putLabels(draft: ContainerDraft, value: Readonly<Record<string, string>>): void {
  draft.Labels = { ...draft.Labels, ...value };
}

export function putAnnotations(
  draft: ContainerDraft,
  value: Readonly<Record<string, string>>,
  context: ContainerContext,
): void {
  if (speaks(context, 43)) draft.HostConfig['Annotations'] = value;
  else context.refuse('annotations', 'the engine is too old for them (Docker 24 or later)');
}

export function putTty(draft: ContainerDraft, value: boolean): void {
  draft.Tty = value;
}

export function putStdinOpen(draft: ContainerDraft, value: boolean): void {
  draft.OpenStdin = value;
}

export function putStopGracePeriod(draft: ContainerDraft, value: string): void {
  draft.StopTimeout = seconds(value);
}

/** Fields left out are the image's, or the engine's defaults. */
export function putHealthcheck(draft: ContainerDraft, check: Healthcheck, context: ContainerContext): void {
  if (check.disable === true) {
    draft.Healthcheck = { Test: ['NONE'] };
    return;
  }
  const hasStartInterval = check.start_interval !== undefined && speaks(context, 44);
  if (check.start_interval !== undefined && !hasStartInterval) {
    context.refuse('healthcheck.start_interval', 'the engine is too old for it (Docker 25 or later)');
  }
  draft.Healthcheck = {
    ...(check.test !== undefined && { Test: check.test }),
    ...(check.interval !== undefined && { Interval: nanoseconds(check.interval) }),
    ...(check.timeout !== undefined && { Timeout: nanoseconds(check.timeout) }),
    ...(check.retries !== undefined && { Retries: check.retries }),
    ...(check.start_period !== undefined && { StartPeriod: nanoseconds(check.start_period) }),
    ...(hasStartInterval && { StartInterval: nanoseconds(check.start_interval ?? '') }),
  };
}

export function putLogging(draft: ContainerDraft, { driver, options }: Logging): void {
  const config = Object.entries(options ?? {}).filter(([, value]) => value !== null);
  draft.HostConfig['LogConfig'] = { Type: driver ?? '', Config: Object.fromEntries(config) };
}

/** "on-failure:5" has the number of tries in it; "" is "no". */
export function putRestart(draft: ContainerDraft, value: string): void {
  const [name = '', tries] = value.split(':');
  draft.HostConfig['RestartPolicy'] = {
    Name: name || 'no',
    ...(tries !== undefined && { MaximumRetryCount: Number(tries) }),
  };
}
