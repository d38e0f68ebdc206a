import { isDeepStrictEqual } from 'node:util';
import { absorbReading } from '../core/health.ts';
import type { MemberMemory, ServiceMemory } from '../core/memory.ts';
import type { MemberSeen } from '../core/model.ts';
import type { Picture } from './picture.ts';

/**
 * Whether a gateway that says the same as when it was read before still says something that is not remembered: what
 * it said by itself in between may have been different, and some things are believed only when they were read later.
 */
export function contradicts(picture: Picture, service: string, memory: ServiceMemory): boolean {
  if ((picture.reading(service)?.leader ?? memory.leader) !== memory.leader) return true;
  return Object.entries(memory.members).some(
    ([name, member]) => member.relief !== undefined || isUnheard(member, picture.memberReading(service, name)),
  );
}

function isUnheard(memory: MemberMemory, gateway: MemberSeen['gateway']): boolean {
  const after = { ...memory };
  absorbReading(after, { gateway });
  return !isDeepStrictEqual({ ...after, checkSaidAt: memory.checkSaidAt }, memory);
}
