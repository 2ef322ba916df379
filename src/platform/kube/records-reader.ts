import type { EvidencePage } from '../../core/evidence/query.ts';
import {
  EVIDENCE_GROUP,
  EVIDENCE_VERSION,
  type RecordList,
  type RecordObject,
  RECORDS,
} from '../../core/evidence/record-object.ts';
import { EvidenceError, type EvidenceReader } from '../../ports/evidence-reader.ts';
import type { KubeClient } from './client.ts';
import { isApiError } from './errors.ts';
import type { KubeObject } from './kube-object.ts';
import { resourcePath } from './resource-path.ts';

/** A search may walk a large index, and somebody waits for it. */
const TIMEOUT_MS = 10_000;

/** Reads evidence through its API with the rights of this process: what the caller may see is the caller's to ask. */
export function createRecordsReader(client: KubeClient): EvidenceReader {
  return {
    find: async ({ namespace, kinds, limit, after, name, ...rest }, signal): Promise<EvidencePage> => {
      const resource = { group: EVIDENCE_GROUP, version: EVIDENCE_VERSION, plural: RECORDS };
      const path = resourcePath(namespace === undefined ? resource : { ...resource, namespace });
      const query = { ...rest, kind: kinds?.join('|') ?? 'Any', objectName: name, limit, continue: after };
      try {
        const page = await client.list<RecordObject & KubeObject>(path, { query, signal, timeoutMs: TIMEOUT_MS });
        const { unreadable, behind } = page as Pick<RecordList, 'unreadable' | 'behind'>;
        const next = page.metadata.continue;
        return {
          found: page.items.map(({ ledger, record }) => ({ ledger, record })),
          ...(unreadable === undefined ? {} : { unreadable }),
          ...(behind === undefined ? {} : { behind }),
          ...(next === undefined || next === '' ? {} : { next }),
        };
      } catch (error) {
        signal.throwIfAborted();
        const bad = isApiError(error, 400) || isApiError(error, 410);
        throw new EvidenceError(
          bad ? 'BadQuery' : 'Unavailable',
          bad ? error.message : 'the API of evidence does not answer',
          {
            cause: error,
          },
        );
      }
    },
  };
}
