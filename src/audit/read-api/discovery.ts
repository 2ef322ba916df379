import { BACKTESTS } from '../../core/backtest/backtest-call.ts';
import { EVIDENCE_API_VERSION, EVIDENCE_GROUP, EVIDENCE_VERSION, RECORDS } from '../../core/evidence/record-object.ts';

const RECORD_VERBS = ['get', 'list', 'watch'] as const;
const BACKTEST_VERBS = ['create'] as const;
const SHORT_NAMES = ['rec'];

/** A body and its content type. */
export interface Document {
  readonly type: string;
  readonly body: object;
}

const JSON_TYPE = 'application/json';
const gv = { groupVersion: EVIDENCE_API_VERSION, version: EVIDENCE_VERSION };

const group = {
  kind: 'APIGroup',
  apiVersion: 'v1',
  name: EVIDENCE_GROUP,
  versions: [gv],
  preferredVersion: gv,
};

/** `/apis`: aggregated discovery (KEP-3352) for whoever asks for it, the list of groups otherwise. */
export function apisDocument(accept: string | undefined): Document {
  const version = ['v2', 'v2beta1'].find((each) => asksForDiscovery(accept, each));
  if (version === undefined)
    return { type: JSON_TYPE, body: { kind: 'APIGroupList', apiVersion: 'v1', groups: [group] } };
  return {
    type: `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    body: {
      kind: 'APIGroupDiscoveryList',
      apiVersion: `apidiscovery.k8s.io/${version}`,
      metadata: {},
      items: [
        {
          metadata: { name: EVIDENCE_GROUP },
          versions: [
            {
              version: EVIDENCE_VERSION,
              freshness: 'Current',
              resources: [
                {
                  resource: RECORDS,
                  responseKind: { group: EVIDENCE_GROUP, version: EVIDENCE_VERSION, kind: 'Record' },
                  scope: 'Namespaced',
                  singularResource: 'record',
                  shortNames: SHORT_NAMES,
                  verbs: RECORD_VERBS,
                },
                {
                  resource: BACKTESTS,
                  responseKind: { group: EVIDENCE_GROUP, version: EVIDENCE_VERSION, kind: 'Backtest' },
                  scope: 'Namespaced',
                  singularResource: 'backtest',
                  verbs: BACKTEST_VERBS,
                },
              ],
            },
          ],
        },
      ],
    },
  };
}

export function groupDocument(): Document {
  return { type: JSON_TYPE, body: group };
}

export function versionDocument(): Document {
  return {
    type: JSON_TYPE,
    body: {
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: EVIDENCE_API_VERSION,
      resources: [
        {
          name: RECORDS,
          singularName: 'record',
          namespaced: true,
          kind: 'Record',
          verbs: RECORD_VERBS,
          shortNames: SHORT_NAMES,
        },
        { name: BACKTESTS, singularName: 'backtest', namespaced: true, kind: 'Backtest', verbs: BACKTEST_VERBS },
      ],
    },
  };
}

function asksForDiscovery(accept: string | undefined, version: string): boolean {
  return (accept ?? '').split(',').some((type) => {
    const parts = type.split(';').map((part) => part.trim());
    return (
      parts[0] === JSON_TYPE &&
      parts.includes('g=apidiscovery.k8s.io') &&
      parts.includes(`v=${version}`) &&
      parts.includes('as=APIGroupDiscoveryList')
    );
  });
}
