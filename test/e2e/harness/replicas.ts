import { inject } from 'vitest';
import { WEBHOOK_PATHS } from '../../../src/core/api/webhook-paths.ts';
import { endpointSlice } from '../../../tools/install/manifests.ts';
import { admissionReview } from '../../builders/admission-review.ts';
import { achieves } from '../../harness/achieves.ts';
import { createPathReader } from './configured-paths.ts';
import { must, mustApply } from './kubectl.ts';
import { probe } from './server.ts';
import { type SideProcess, startSideProcess } from './side-process.ts';
import { WebhookClient } from './webhook-client.ts';

type Answer = { readonly allowed: boolean; readonly message: string };

/** Several webhooks behind one Service: the one of the cluster, and `extra` more. */
export interface Replicas extends AsyncDisposable {
  readonly count: number;
  /** alice's exec in web-0, reviewed by one replica: what the API server would send it. */
  review(replica: number, namespace: string, command: readonly string[]): Promise<Answer>;
  /** Decisions that each has taken since it started. */
  decisions(): Promise<readonly number[]>;
}

export async function startReplicas(extra: number): Promise<Replicas> {
  const { webhookHost, webhookPort, place } = inject('e2e');
  const sides: SideProcess[] = [];
  const slices = Array.from({ length: extra }, (_, index) => `sallyport-replica-${index + 1}`);
  const clients: WebhookClient[] = [new WebhookClient(webhookHost, webhookPort)];
  const configured = createPathReader();
  const end = async () => {
    for (const client of clients) client.close();
    for (const name of slices) {
      await must('admin', ['delete', 'endpointslice', name, '-n', 'sallyport-system', '--ignore-not-found']);
    }
    for (const side of sides) await side[Symbol.asyncDispose]();
  };
  try {
    for (const name of slices) {
      const side = await startSideProcess(webhookHost);
      sides.push(side);
      await side.connect();
      await achieves(`${name} to be ready`, async () => {
        if ((await probe(side, '/readyz')) !== 200) throw new Error('not ready');
      });
      clients.push(new WebhookClient(webhookHost, side.webhookPort));
      await mustApply('admin', endpointSlice(name, 'sallyport-system', webhookHost, side.webhookPort));
    }
  } catch (error) {
    await end();
    throw error;
  }
  const healthPorts = [place.healthPort, ...sides.map(({ healthPort }) => healthPort)];
  return {
    count: clients.length,
    review: async (replica, namespace, command) => {
      const body = admissionReview({
        uid: crypto.randomUUID(),
        namespace,
        userInfo: { username: 'alice', groups: ['developers', 'system:authenticated'] },
        object: {
          kind: 'PodExecOptions',
          apiVersion: 'v1',
          stdout: true,
          stderr: true,
          container: 'app',
          command,
        },
      });
      const path = `${await configured(WEBHOOK_PATHS.connect)}?timeout=30s`;
      const client = clients[replica];
      if (client === undefined) throw new Error(`there is no replica ${replica}`);
      const answer = await client.post(path, JSON.stringify(body));
      if (answer.code !== 200) throw new Error(`replica ${replica}: ${answer.code} ${answer.body}`);
      const { response } = JSON.parse(answer.body) as {
        response: { allowed: boolean; status?: { message?: string } };
      };
      return { allowed: response.allowed, message: response.status?.message ?? '' };
    },
    decisions: () => Promise.all(healthPorts.map(decisionsAt)),
    [Symbol.asyncDispose]: end,
  };
}

async function decisionsAt(port: number): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return [...metrics.matchAll(/^sallyport_decisions_total\{.*\} (\d+)$/gm)].reduce(
    (total, [, count]) => total + Number(count),
    0,
  );
}
