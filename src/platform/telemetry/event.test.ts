import { describe, expect, test } from 'vitest';
import { type BusinessEvent, businessEvent, emit } from './event.ts';
import { type Logger, silentLogger } from './logger.ts';
import { type Counter, createMetrics } from './metrics.ts';

const labels = { outcome: ['Opened', 'Joined'] } as const;

interface Counters {
  readonly requests: Counter<typeof labels>;
}

function requestOpened(name: string): BusinessEvent<Counters> {
  return businessEvent({
    level: 'info',
    message: 'approval request opened',
    fields: { request: name },
    counter: ({ requests }: Counters) => requests,
    labels: { outcome: 'Opened' },
  });
}

function broken(): never {
  throw new Error('disk full');
}

describe('a business event', () => {
  test('is one log line and one increment', async () => {
    const lines: object[] = [];
    const registry = createMetrics({ processMetrics: false });
    const log: Logger = { ...silentLogger, info: (fields, message) => lines.push({ ...fields, message }) };
    const requests = registry.counter({ name: 'requests_total', help: 'h', labels });
    emit(requestOpened('prod/exec-web-0'), { log, metrics: { requests } });
    expect(lines).toEqual([{ request: 'prod/exec-web-0', message: 'approval request opened' }]);
    expect((await registry.render()).text).toContain('sallyport_requests_total{outcome="Opened"} 1');
  });

  test('is still counted when the log throws', () => {
    const counted: object[] = [];
    const requests: Counter<typeof labels> = { increment: (given) => counted.push(given) };
    emit(requestOpened('a'), { log: { ...silentLogger, info: broken }, metrics: { requests } });
    expect(counted).toEqual([{ outcome: 'Opened' }]);
  });

  test('never throws, not even when nothing works', () => {
    const sinks = { log: { ...silentLogger, info: broken }, metrics: { requests: { increment: broken } } };
    expect(() => emit(requestOpened('a'), sinks)).not.toThrow();
  });
});
