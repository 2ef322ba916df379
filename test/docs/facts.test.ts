import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { WEBHOOK_PATHS } from '../../src/core/api/webhook-paths.ts';
import { createLedgerEvents } from '../../src/audit/ledger/ledger-events.ts';
import { exitCodes } from '../../src/cli/exit-code.ts';
import { leaderGauge } from '../../src/bin/whether-leading.ts';
import { createArchiveEvents } from '../../src/audit/archive/archive-events.ts';
import { diskGauges } from '../../src/bin/roles/audit-disk.ts';
import { createSinkEvents } from '../../src/audit/sinks/sink-events.ts';
import { createConsoleEvents } from '../../src/console/server/console-events.ts';
import { createOpeningEvents } from '../../src/controller/admission-fence/opening-events.ts';
import { createForgeries } from '../../src/controller/approval-request/forgeries.ts';
import { createDiscoveryReconciler } from '../../src/controller/known-subresources/create-reconciler.ts';
import { createWatchfulWriter } from '../../src/controller/watchful-writer.ts';
import { createRequestTransitions } from '../../src/controller/approval-request/request-events.ts';
import { createDecisionEvents } from '../../src/enforcement/decision-events.ts';
import { heldGauge } from '../../src/enforcement/held-reviews.ts';
import { createNotifyEvents } from '../../src/notify/notify-events.ts';
import { createSlackEvents } from '../../src/notify/slack/slack-events.ts';
import { recordPeopleChanges } from '../../src/platform/identity/people-events.ts';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { createIntakeEvents } from '../../src/audit/intake/intake-events.ts';
import { createObserverEvents } from '../../src/audit/observers/observer-events.ts';
import { createRecorderEvents } from '../../src/platform/recorder/recorder-events.ts';
import { createSpoolEvents } from '../../src/platform/recorder/spool-events.ts';
import { countLinesLost } from '../../src/platform/telemetry/lines-lost.ts';
import { silentLogger } from '../../src/platform/telemetry/logger.ts';
import { createMetrics } from '../../src/platform/telemetry/metrics.ts';
import type { ConfigurationWriter } from '../../src/ports/configuration-writer.ts';
import { createTellingEvents } from '../../src/audit/alarms/telling-events.ts';
import { createDetectorEvents } from '../../src/audit/detectors/detector-events.ts';
import { STORY } from '../../tools/demo/story.ts';
import { FakeEvents } from '../../src/ports/fake-events.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const NO_WRITER: ConfigurationWriter = { apply: async () => 'Unchanged' };
const operations = read('docs/operations.md');

describe('the documentation names what there is', () => {
  test('metrics', async () => {
    const metrics = createMetrics({ processMetrics: false });
    createDecisionEvents(silentLogger, metrics);
    createRecorderEvents(silentLogger, metrics);
    createSpoolEvents(systemClock, silentLogger, metrics);
    createIntakeEvents(silentLogger, metrics);
    createObserverEvents(silentLogger, metrics);
    createDetectorEvents(silentLogger, metrics, { tell: () => undefined });
    createTellingEvents(silentLogger, metrics, ['Slack #security']);
    createWatchfulWriter(NO_WRITER, { log: silentLogger, metrics, events: { emit: () => undefined } });
    createRequestTransitions(silentLogger, metrics);
    heldGauge(metrics);
    countLinesLost(metrics);
    recordPeopleChanges({ now: () => undefined, onChange: () => undefined }, silentLogger, metrics);
    createForgeries(silentLogger, metrics, new FakeEvents());
    createOpeningEvents(silentLogger, metrics, new FakeEvents());
    createNotifyEvents(silentLogger, metrics);
    createSlackEvents(silentLogger, metrics);
    createConsoleEvents(silentLogger, metrics);
    createLedgerEvents(silentLogger, metrics);
    createSinkEvents(silentLogger, metrics, ['siem']);
    createArchiveEvents(silentLogger, metrics, ['index']);
    diskGauges(metrics);
    createDiscoveryReconciler({ subresources: async () => [] }, silentLogger, metrics);
    for (const role of ['controller', 'notify'] as const) leaderGauge(metrics, role);
    const { text } = await metrics.render();
    const declared = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    const documented = [...operations.matchAll(/^\| `(sallyport_\w+)`/gm)].map(([, name]) => name);
    expect(new Set(documented)).toEqual(new Set(declared));
  });

  test('paths of the webhook', () => {
    for (const path of Object.values(WEBHOOK_PATHS)) expect(operations).toContain(`\`${path}\``);
  });

  test('exit codes of the plugin', () => {
    const documented = [...read('docs/kubectl-sallyport.md').matchAll(/^\| (\d+) \| (.*) \|$/gm)];
    expect(documented.map(([, code, meaning]) => [Number(code), meaning])).toEqual(exitCodes());
  });

  test('every command of the demo is in its transcript, in order', () => {
    const shown = [...read('docs/demo.txt').matchAll(/^([a-z]+)\$ (\S+ \S+)/gm)].map(
      ([, user, words]) => `${user} ${words}`,
    );
    expect(shown).toEqual(STORY.map(({ user, command }) => `${user} ${command.slice(0, 2).join(' ')}`));
  });
});
