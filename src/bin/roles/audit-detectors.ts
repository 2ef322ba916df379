import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { createFileCursor } from '../../audit/ledger/file-cursor.ts';
import { nodeDisk } from '../../audit/ledger/node-disk.ts';
import { createAlarmKubeEvents } from '../../audit/detectors/alarm-kube-events.ts';
import { createDetectorEvents } from '../../audit/detectors/detector-events.ts';
import type { GateObject } from '../../audit/detectors/gate-removed.ts';
import { runDetectors } from '../../audit/detectors/run-detectors.ts';
import { OWN_KINDS_FENCE_NAME } from '../../controller/admission-fence/own-kinds.ts';
import { CONFIGURATION_NAMES } from '../../controller/webhook-configuration/desired.ts';
import { GROUP } from '../../core/api/group.ts';
import { EVIDENCE_GROUP } from '../../core/evidence/record-object.ts';
import { FENCE_NAME } from '../../core/attributes/fence-action.ts';
import { sealedStatus } from '../../enforcement/sealed-status.ts';
import { createApprovals } from '../../platform/kube/approvals.ts';
import { PEOPLE_MAP } from '../../platform/identity/people-map.ts';
import { createEvents } from '../../platform/kube/events.ts';
import { allUsernames } from '../identity.ts';
import { untilSynced } from '../until-synced.ts';
import type { AuditContext, AuditPart } from './audit-part.ts';
import { DETECTORS_CURSOR } from './cursor-names.ts';

const SECOND_MS = 1_000;

/** The label of whatever the controller keeps in admission. */
const PART_OF = 'app.kubernetes.io/part-of';

/** Looks for what got round the gate, where the API server's events come. */
export function detectorsPart({ process, options, ledger }: AuditContext): AuditPart | undefined {
  if (options.receiver === undefined) return undefined;
  const { config, client, clock, log, metrics, view, seals, identities, compile } = process;
  const events = createEvents({
    client,
    clock,
    random: Math.random,
    log,
    reportingController: `${GROUP}/audit`,
    reportingInstance: `${hostname()}-${randomUUID()}`,
  });
  // An Event needs an object in its namespace: the Lease is there wherever Sallyport is.
  const about = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    namespace: config.systemNamespace,
    name: config.controller.leaseName,
  };
  const kubeEvents = createAlarmKubeEvents(events, clock, about);
  const told = createDetectorEvents(log, metrics, kubeEvents);
  const { graceSeconds, lossSeconds } = options.detectors;
  const approvals = createApprovals(client);
  const ourUsernames = allUsernames(identities);
  return {
    name: 'detectors',
    // Nobody's command waits for it, and what it has missed it finds in the ledger.
    ready: () => true,
    run: async (signal) => {
      await untilSynced(process, signal);
      const { directory } = options.ledger;
      await runDetectors(
        {
          graceMs: graceSeconds * SECOND_MS,
          lossMs: lossSeconds * SECOND_MS,
          ourUsernames,
          gate: { gateObjects: gateObjects(config.systemNamespace), gateKeepers: ourUsernames },
        },
        {
          ledger,
          cursor: createFileCursor({ directory, name: DETECTORS_CURSOR, ledger: ledger.id, disk: nodeDisk }),
          policies: view.policies,
          namespaces: view.namespaces,
          compile,
          approvals: { ...approvals, writeStatus: sealedStatus(approvals, seals) },
          seals,
          vote: (namespace, name) => view.votes.get(`${namespace}/${name}`),
          clock,
          random: Math.random,
          events: told,
        },
        signal,
      );
      kubeEvents.close();
      await events.drained();
    },
  };
}

/** What the controller puts back, the kinds, the keys, the people, and where all of it stands. */
function gateObjects(systemNamespace: string): readonly GateObject[] {
  const admission = (resource: string, names: readonly string[]): GateObject => ({
    group: 'admissionregistration.k8s.io',
    resource,
    isOurs: (name) => names.includes(name),
    labels: [PART_OF],
    changes: true,
  });
  const configurations = Object.values(CONFIGURATION_NAMES);
  const fences = [FENCE_NAME, OWN_KINDS_FENCE_NAME];
  const isOurKey = (name: string) => name.startsWith('sallyport-');
  return [
    admission('validatingwebhookconfigurations', configurations),
    admission('mutatingwebhookconfigurations', configurations),
    admission('validatingadmissionpolicies', fences),
    admission('validatingadmissionpolicybindings', fences),
    {
      group: 'apiextensions.k8s.io',
      resource: 'customresourcedefinitions',
      isOurs: (name) => name.endsWith(`.${GROUP}`),
      changes: false,
    },
    { group: '', resource: 'secrets', namespace: systemNamespace, isOurs: isOurKey, changes: true },
    { group: '', resource: 'namespaces', namespace: systemNamespace, isOurs: () => true, changes: false },
    {
      group: '',
      resource: 'configmaps',
      namespace: systemNamespace,
      isOurs: (name) => name === PEOPLE_MAP.name,
      // Whoever keeps it writes it, and no change of it is a gap in the gate.
      changes: false,
    },
    {
      group: 'apiregistration.k8s.io',
      resource: 'apiservices',
      isOurs: (name) => name.endsWith(`.${EVIDENCE_GROUP}`),
      changes: true,
    },
  ];
}
