/** What was done, or was to be done, for a person. */

import { isOnGateway, type EffectAction, type EffectKind } from '../core/actions.ts';

interface Words {
  readonly done: (name: string) => string;
  /** after "could not" */
  readonly wish: (name: string) => string;
}

const WORDS: Readonly<Record<EffectKind, Words>> = {
  start: { done: (name) => `${name} was started`, wish: (name) => `start ${name}` },
  start_standby: { done: (name) => `${name} was started to take over`, wish: (name) => `start ${name} to take over` },
  unpause: { done: (name) => `${name} was unpaused`, wish: (name) => `unpause ${name}` },
  restart_soft: { done: (name) => `${name} was restarted`, wish: (name) => `restart ${name}` },
  restart_hard: { done: (name) => `${name} was killed and started`, wish: (name) => `kill and start ${name}` },
  reconnect: {
    done: (name) => `${name} was connected to its network again`,
    wish: (name) => `connect ${name} to its network again`,
  },
  replace: {
    done: (name) => `${name} was replaced by a new container`,
    wish: (name) => `replace ${name} by a new container`,
  },
  replace_standby: {
    done: (name) => `${name} was made anew as a standby`,
    wish: (name) => `make ${name} anew as a standby`,
  },
  stop: { done: (name) => `${name} was stopped`, wish: (name) => `stop ${name}` },
  fence: {
    done: (name) => `${name} was killed and is proven stopped`,
    wish: (name) => `prove that ${name} is stopped`,
  },
  rest: {
    done: (name) => `${name} finished what it had and stands by`,
    wish: (name) => `let ${name} stand by`,
  },
  quarantine: {
    done: (name) => `${name} was stopped and is not started again`,
    wish: (name) => `stop ${name} for good`,
  },
  lead: {
    done: (name) => `${name} leads: new requests go to it`,
    wish: (name) => `lead new requests to ${name}`,
  },
  drain: { done: (name) => `${name} gets no new requests`, wish: (name) => `keep new requests from ${name}` },
  take_out: { done: (name) => `${name} was taken out of traffic`, wish: (name) => `take ${name} out of traffic` },
  put_in: {
    done: (name) => `${name} passed its check and gets traffic again`,
    wish: (name) => `give ${name} traffic again`,
  },
  start_gateway: { done: (name) => `${name} was started`, wish: (name) => `start ${name}` },
  unpause_gateway: { done: (name) => `${name} was unpaused`, wish: (name) => `unpause ${name}` },
  reconnect_gateway: {
    done: (name) => `${name} was connected to its members again`,
    wish: (name) => `connect ${name} to its members again`,
  },
  replace_gateway: {
    done: (name) => `${name} was replaced by a new container`,
    wish: (name) => `replace ${name} by a new container`,
  },
};

export function doneWords(effect: EffectAction): string {
  return WORDS[effect.kind].done(nameOf(effect));
}

export function failedWords(effect: EffectAction): string {
  return `could not ${wishWords(effect)}`;
}

/** What is to be done: "restart web-primary" */
export function wishWords(effect: EffectAction): string {
  return WORDS[effect.kind].wish(nameOf(effect));
}

/** The journal is ours, and yet a file, and may be of another version. */
export function isEffectAction(action: unknown): action is EffectAction {
  if (typeof action !== 'object' || action === null) return false;
  const isNamed = 'service' in action && 'member' in action && 'kind' in action;
  return isNamed && typeof action.kind === 'string' && Object.hasOwn(WORDS, action.kind);
}

function nameOf(effect: EffectAction): string {
  return isOnGateway(effect) ? `the gateway of ${effect.service}` : effect.member;
}
