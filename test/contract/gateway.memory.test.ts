import { type MemberCondition, MemoryGateway } from '../../src/adapters/memory/gateway.ts';
import { systemClock as clock } from '../../src/adapters/node/clock.ts';
import { gatewayContract, type Rig, rigConfig, type RigOptions } from './gateway.ts';

gatewayContract('memory', async (options) => memoryRig(options, false));
gatewayContract('memory, told of changes', async (options) => memoryRig(options, true));

function memoryRig(options: RigOptions, isTold: boolean): Rig {
  const conditions = new Map<string, MemberCondition>(
    options.members.map(({ name, condition }) => [name, condition ?? 'up']),
  );
  const ports = options.protocols.map((_, at) => 8000 + at);
  const conditionOf = (member: string): MemberCondition => conditions.get(member) ?? 'refusing';
  const gateway = new MemoryGateway(rigConfig(options, ports), { clock, conditionOf, isTold });
  return {
    gateway,
    beside: async () => ({ exitCode: 0, output: '' }),
    reopen: async (others) => {
      for (const { name, condition } of others.members)
        if (!conditions.has(name)) conditions.set(name, condition ?? 'up');
      return gateway.want(rigConfig(others, ports));
    },
    ports,
    become: async (member, condition) => {
      conditions.set(member, condition);
      gateway.conditionsChanged();
    },
    request: (port, request) => gateway.request(port, request),
    crash: async () => {
      gateway.crash();
      await clock.sleep(20);
      gateway.comeBack();
    },
    close: async () => gateway.crash(),
  };
}
