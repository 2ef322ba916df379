import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, inject, test } from 'vitest';
import type { AuditEvent } from '../../src/core/evidence/audit-event.ts';
import { decisionOf } from '../../src/core/evidence/entry.ts';
import { eventKey } from '../../src/core/evidence/event-key.ts';
import { achieves } from '../harness/achieves.ts';
import { readLedger, timesEach } from '../harness/ledger-files.ts';
import { apiClient, call } from './harness/api-client.ts';
import { approve, deniedRequest, exec, requests, scene } from './harness/scene.ts';
import { server } from './harness/server.ts';

/** Of the ledger, whose events are those of the cluster's API server. */
async function eventsInLedger(): Promise<readonly AuditEvent[]> {
  const records = await readLedger(join(inject('e2e').place.directory, 'ledger'));
  return records.flatMap((record) => (record.kind === 'AuditEvent' ? [record.data] : []));
}

/** What the API server wrote to its own log, which it does before anything else. */
async function eventsInLog(): Promise<readonly AuditEvent[]> {
  const text = await readFile(inject('e2e').auditLog ?? '', 'utf8');
  const lines = text.slice(0, text.lastIndexOf('\n')).split('\n');
  return lines.map((line) => JSON.parse(line) as AuditEvent);
}

describe('the API server sends its audit events to the receiver', () => {
  test('a gated exec stands in the ledger with its decisions: denied, and used', async () => {
    const { namespace } = await scene('evidence');
    const denied = deniedRequest(await exec('alice', namespace, 'true'));
    await approve('bob', denied);
    expect((await exec('alice', namespace, 'true')).code).toBe(0);
    const [stored] = await requests(namespace);
    const used = stored?.status?.uses?.[0]?.decision ?? 'none';

    const events = await achieves('the events of three reviews', async () => {
      const found = (await eventsInLedger()).filter(
        ({ objectRef, stage }) =>
          objectRef?.namespace === namespace && objectRef.subresource === 'exec' && stage !== 'RequestReceived',
      );
      expect(found.map(decisionOf)).toContain(used);
      expect(new Set(found.map(decisionOf)).size).toBe(3);
      return found;
    });
    // Each at the beginning of its stream and at the end, where that has come already.
    const codes = (which: (decision: string | undefined) => boolean) =>
      new Set(events.filter((event) => which(decisionOf(event))).map(({ responseStatus }) => responseStatus?.code));
    expect(codes((decision) => decision !== used)).toEqual(new Set([403]));
    expect(codes((decision) => decision === used)).toEqual(new Set([101]));
    expect(new Set(events.map(({ user }) => user.username))).toEqual(new Set(['alice']));
  });

  test('of what happened while the receiver was down nothing is lost, and nothing doubled', async () => {
    const admin = await apiClient('admin');
    const mark = `f16-${Date.now().toString(36)}`;
    const ask = (number: number) =>
      call(admin, 'GET', `/api/v1/namespaces/default/configmaps/${mark}-${number}`).then(({ code }) => code);
    const began = new Date().toISOString();
    expect(await ask(0)).toBe(404);
    await server.kill();
    for (let number = 1; number <= 60; number += 1) {
      await ask(number);
      await delay(100);
    }
    await server.start();
    expect(await ask(61)).toBe(404);
    const ended = new Date().toISOString();
    admin.agent.destroy();

    // Everything that happened in the cluster in that time, not our own requests alone.
    const wanted = (await eventsInLog()).filter(
      ({ stageTimestamp }) => stageTimestamp >= began && stageTimestamp <= ended,
    );
    expect(wanted.filter(({ requestURI }) => requestURI.includes(mark))).toHaveLength(62);
    await achieves(
      'all events to be in the ledger',
      async () => {
        const found = (await eventsInLedger()).map(eventKey);
        expect(timesEach(wanted.map(eventKey), found)).toEqual({ lost: 0, once: wanted.length, doubled: 0 });
      },
      // The fourth and last pause of the API server is 34 s.
      90_000,
    );
  }, 240_000);
});
