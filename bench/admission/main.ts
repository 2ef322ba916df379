import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ask } from './asking.ts';
import { grow } from './grow.ts';
import { compare } from './measure.ts';
import { PAYLOADS } from './payloads.ts';
import { startEcho } from './peers/echoes.ts';
import { startOpa } from './peers/opa.ts';
import { startPepr } from './peers/pepr.ts';
import { startSallyport } from './peers/sallyport.ts';
import { render, renderShort, writeSection } from './readme.ts';
import { openWorkbench } from './workbench.ts';

/** etcd and the API server take the first three, then one a peer; away from what tests and `make up` use. */
const PORT_BASE = 19_500;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '1' },
    // Some of the payloads, for a look: the page is then left as it is.
    payloads: { type: 'string', default: PAYLOADS.join(',') },
    pending: { type: 'string', default: '10000' },
    policies: { type: 'string', default: '200' },
    // Whether it works at all, in a minute: figures of such a run say nothing.
    smoke: { type: 'boolean', default: false },
  },
});
const effort = values.smoke
  ? { rounds: 1, seconds: 0.1 }
  : { rounds: Number(values.rounds), seconds: Number(values.seconds) };
const log = (line: string): void => console.error(line);

await using stack = new AsyncDisposableStack();
log('starting an API server');
const bench = stack.use(await openWorkbench(PORT_BASE));
const port = (at: number): number => PORT_BASE + 10 + at;
const sallyport = stack.use(await startSallyport(port(0), bench));
const targets = [
  sallyport,
  stack.use(await startEcho('node-https', port(2), bench)),
  stack.use(await startEcho('express', port(3), bench)),
  stack.use(await startOpa(port(4), bench)),
  stack.use(await startPepr(bench)),
];
const payloads = PAYLOADS.filter((name) =>
  values.smoke ? name === 'binding' : values.payloads.split(',').includes(name),
);
const comparison = await compare(targets, payloads, effort, log);
const asking = await ask(targets, bench, log);
const growth = await grow(
  sallyport,
  bench,
  values.smoke ? { pending: 50, policies: 5 } : { pending: Number(values.pending), policies: Number(values.policies) },
  log,
);
const results = {
  measuredAt: new Date().toISOString(),
  machine: {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    load: Math.max(...loadavg()).toFixed(1),
  },
  effort,
  targets: Object.fromEntries(targets.map(({ name, description }) => [name, description])),
  comparison,
  asking,
  growth,
};
log(render(results));
const folder = join(import.meta.dirname, '..');
if (payloads.length === PAYLOADS.length && !values.smoke) {
  await mkdir(join(folder, 'results'), { recursive: true });
  await writeFile(join(folder, 'results', 'admission.json'), `${JSON.stringify(results, rounded, 1)}\n`);
  await writeSection(join(folder, 'README.md'), render(results));
  await writeSection(join(folder, '..', 'README.md'), renderShort(results));
}

/** Four figures are more than a noisy machine gives. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}
