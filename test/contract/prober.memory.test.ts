import { MemoryProber } from '../../src/adapters/memory/prober.ts';
import { type Answer, known, type Question, unknown } from '../../src/ports/prober.ts';
import { proberContract, type ProberRig } from './prober.ts';

proberContract('memory', async () => await Promise.resolve(memoryRig()));

function memoryRig(): ProberRig {
  const prober = new MemoryProber();
  prober.put('10.0.0.1', 6379, redis);
  prober.put('10.0.0.1', 80, pages);
  const ports = { redisPort: 6379, httpPort: 80, freePort: 81 };
  return { prober, host: '10.0.0.1', ...ports, close: async () => await Promise.resolve() };
}

function redis(question: Question): Answer | null {
  if (question.kind !== 'redis') return null;
  const { ask } = question;
  switch (`${ask.kind} ${ask.key} ${ask.kind === 'stream' ? (ask.group ?? '') : ''}`.trim()) {
    case 'list tasks':
      return known(3, { marks: ['first', 'last'], ageMs: null });
    case 'number done':
      return known(42);
    case 'stream jobs':
      return known(3, { marks: [], ageMs: 90_000 });
    case 'stream jobs workers':
      return known(2, { marks: [], ageMs: 60_000 });
    default:
      return ask.key === 'nothing' ? known(0) : unknown('of another kind');
  }
}

function pages(question: Question): Answer | null {
  switch (question.kind) {
    case 'json':
      return question.pointer === '/queue/length' ? known(7) : unknown('no number');
    case 'prometheus': {
      const found = { '': 7, a: 3, b: 4 }[question.labels['kind'] ?? ''];
      return found === undefined ? unknown('no such metric') : known(found);
    }
    case 'answers':
      return question.path === '/silent' ? null : known(question.path === '/ok' ? 1 : 0);
    default:
      return null;
  }
}
