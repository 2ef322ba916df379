import { describe, expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

const decisions = {
  name: 'decisions_total',
  help: 'Decisions by outcome.',
  labels: { outcome: ['Allow', 'Deny'], class: ['write'] },
} as const;

describe('metrics', () => {
  test('a counter begins at 0 for every combination of its labels', async () => {
    const metrics = createMetrics({ processMetrics: false });
    metrics.counter(decisions).increment({ outcome: 'Allow', class: 'write' });
    const { text } = await metrics.render();
    expect(text.trim().split('\n')).toEqual([
      '# HELP sallyport_decisions_total Decisions by outcome.',
      '# TYPE sallyport_decisions_total counter',
      'sallyport_decisions_total{outcome="Allow",class="write"} 1',
      'sallyport_decisions_total{outcome="Deny",class="write"} 0',
    ]);
  });

  test('a value that was not declared is counted as other, so that callers cannot make series', async () => {
    const metrics = createMetrics({ processMetrics: false });
    const counter = metrics.counter(decisions);
    for (const outcome of ['a', 'b', '__proto__']) counter.increment({ outcome: outcome as 'Allow', class: 'write' });
    expect((await metrics.render()).text).toContain('sallyport_decisions_total{outcome="other",class="write"} 3');
  });

  test('a histogram has the declared buckets', async () => {
    const metrics = createMetrics({ processMetrics: false });
    const duration = metrics.histogram({ name: 'review_seconds', help: 'h', labels: {}, buckets: [0.005, 1] });
    duration.observe({}, 0.2);
    const { text } = await metrics.render();
    expect(text).toContain('sallyport_review_seconds_bucket{le="0.005"} 0');
    expect(text).toContain('sallyport_review_seconds_bucket{le="1"} 1');
    expect(text).toContain('sallyport_review_seconds_sum 0.2');
  });

  test('a gauge shows the last value', async () => {
    const metrics = createMetrics({ processMetrics: false });
    const gauge = metrics.gauge({ name: 'certificate_expiry_seconds', help: 'h', labels: { kind: ['ca'] } });
    gauge.set({ kind: 'ca' }, 1);
    gauge.set({ kind: 'ca' }, 7);
    expect((await metrics.render()).text).toContain('sallyport_certificate_expiry_seconds{kind="ca"} 7');
  });

  test('labels of too many combinations are a mistake of the program, not series that begin anywhere', () => {
    const many = Array.from({ length: 129 }, (_, index) => `${index}`);
    const metrics = createMetrics({ processMetrics: false });
    expect(() => metrics.counter({ name: 'many_total', help: 'h', labels: { many } })).toThrow('129 series');
  });

  test('two registries share nothing, and a name is declared once in each', () => {
    const [one, two] = [createMetrics({ processMetrics: false }), createMetrics({ processMetrics: false })];
    one.counter(decisions);
    two.counter(decisions);
    expect(() => one.counter(decisions)).toThrow(/already been registered/);
  });

  test('the metrics of the process are shown on request', async () => {
    const { contentType, text } = await createMetrics({ processMetrics: true }).render();
    expect(contentType).toContain('text/plain');
    expect(text).toContain('process_cpu_seconds_total');
    expect((await createMetrics({ processMetrics: false }).render()).text).not.toContain('process_cpu_seconds_total');
  });
});
