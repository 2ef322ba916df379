import { GATE_WEBHOOKS } from '../../core/api/gate-annotations.ts';
import { GROUP, PLURALS } from '../../core/api/group.ts';
import type { LabelSelector } from '../../core/api/kinds.ts';
import { configuredPath, WEBHOOK_PATHS } from '../../core/api/webhook-paths.ts';
import { sha256 } from '../../core/api/sha256.ts';
import type { CompiledPolicy } from '../../core/decision/compile.ts';
import { matchesRule } from '../../core/decision/match/match-rule.ts';
import { type PolicyMatch, webhookRules } from '../../core/decision/match/webhook-rules.ts';
import type { Step } from '../../core/decision/stepping-round/step.ts';
import { notCollected, notTheClusterItself, type OwnIdentities } from './not-the-cluster-itself.ts';

/** How the API server reaches the webhook. */
export type WebhookAddress =
  | { readonly kind: 'Service'; readonly namespace: string; readonly name: string; readonly port: number }
  | { readonly kind: 'Url'; readonly url: string };

export interface DesiredInput extends OwnIdentities {
  readonly policies: readonly CompiledPolicy[];
  readonly address: WebhookAddress;
  /** Of the policies: what the paths of the gate end with (R3). */
  readonly revision: string;
  /** What the paths begin with; undefined where callers show a certificate instead. */
  readonly pathSecret: string | undefined;
  /** PEM. */
  readonly caBundle: string;
}

/** R43: a held CONNECT may take long; a write must not park a controller; our own kinds are quick. */
const TIMEOUT_SECONDS = { Connect: 30, Write: 10, OwnKinds: 5 } as const;

export const CONFIGURATION_NAMES = { gate: 'sallyport-gate', ownKinds: 'sallyport-own-kinds' } as const;

/**
 * The ValidatingWebhookConfiguration for gated actions: one entry a class and selector, no request in two of them. No list in
 * it is empty: the API server stores such a list as none, and takes every further write of it for a change
 * (pkg/registry/admissionregistration, PrepareForUpdate: reflect.DeepEqual).
 */
export function gateConfiguration(input: DesiredInput): object {
  const asked = input.policies.flatMap(askedFor);
  const conditions = [notTheClusterItself(input), ...onlyLabelsOfNamespaces(asked)];
  const webhooks = webhookRules(asked).map((entry) => {
    const path = entry.class === 'Connect' ? WEBHOOK_PATHS.connect : WEBHOOK_PATHS.write;
    return {
      ...common(input, configuredPath(path, input.pathSecret, input.revision), TIMEOUT_SECONDS[entry.class]),
      name: `${entry.class.toLowerCase()}-${sha256([entry.namespaceSelector, entry.rules]).slice(7, 15)}${GATE_WEBHOOKS}`,
      rules: entry.rules.map((rule) => ({ ...rule, scope: rule.scope ?? '*' })),
      namespaceSelector: entry.namespaceSelector as LabelSelector,
      ...(entry.class === 'Connect' ? {} : { matchConditions: conditions }),
    };
  });
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: metadata(CONFIGURATION_NAMES.gate),
    ...(webhooks.length === 0 ? {} : { webhooks }),
  };
}

/** What a policy names, and what leads round it (R33). */
function askedFor(policy: CompiledPolicy): Asked[] {
  const namespaceSelector = policy.ready ? policy.namespaceSelector : {};
  const asked = Map.groupBy(policy.steps, ({ askedIn }) => askedIn);
  const rules = (askedIn: Step['askedIn']) => (asked.get(askedIn) ?? []).map(({ rule }) => rule);
  return [
    { rules: [...policy.rules, ...rules('ItsNamespaces')], namespaceSelector, onlyLabels: false },
    { rules: rules('EveryNamespace'), namespaceSelector: {}, onlyLabels: true },
  ];
}

interface Asked extends PolicyMatch {
  /** Of Namespaces, only new labels matter. */
  readonly onlyLabels: boolean;
}

/**
 * Every namespace is looked at for labels that leave a selector. What leaves them alone does not wait for us, not even while
 * we are down; unless a policy means more of a Namespace than its labels.
 */
function onlyLabelsOfNamespaces(asked: readonly Asked[]): object[] {
  const namespaces = {
    group: '',
    version: 'v1',
    resource: 'namespaces',
    operation: 'UPDATE',
    namespaced: false,
    names: [],
  };
  const meant = asked
    .filter(({ onlyLabels }) => !onlyLabels)
    .flatMap(({ rules }) => rules)
    .some((rule) =>
      ['', 'status', 'finalize'].some((subresource) =>
        matchesRule({ ...rule, apiVersions: ['*'], resourceNames: [] }, { ...namespaces, subresource }),
      ),
    );
  const labels = (object: string) => `(has(${object}.metadata.labels) ? ${object}.metadata.labels : {})`;
  return meant || !asked.some(({ onlyLabels, rules }) => onlyLabels && rules.length > 0)
    ? []
    : [
        {
          name: 'only-labels-of-namespaces',
          expression: `request.resource.group != '' || request.resource.resource != 'namespaces' || request.operation != 'UPDATE' || ${labels('object')} != ${labels('oldObject')}`,
        },
      ];
}

/** R32: for our own kinds and their status there are no selectors, and nobody is left out but who collects what is owned. */
export function ownKindsConfigurations(input: DesiredInput): readonly object[] {
  const validating = {
    ...common(input, configuredPath(WEBHOOK_PATHS.validateOwnKinds, input.pathSecret), TIMEOUT_SECONDS.OwnKinds),
    name: `validate.own-kinds.${GROUP}`,
    rules: [
      ownRule(
        ['CREATE', 'UPDATE', 'DELETE'],
        Object.values(PLURALS).flatMap((plural) => [plural, `${plural}/status`]),
      ),
    ],
    matchConditions: [notCollected(input)],
  };
  const mutating = {
    ...common(input, configuredPath(WEBHOOK_PATHS.mutateOwnKinds, input.pathSecret), TIMEOUT_SECONDS.OwnKinds),
    name: `mutate.own-kinds.${GROUP}`,
    rules: [ownRule(['CREATE'], [PLURALS.ApprovalRequest, PLURALS.ApprovalVote])],
    reinvocationPolicy: 'Never',
  };
  const apiVersion = 'admissionregistration.k8s.io/v1';
  return [
    {
      apiVersion,
      kind: 'MutatingWebhookConfiguration',
      metadata: metadata(CONFIGURATION_NAMES.ownKinds),
      webhooks: [mutating],
    },
    {
      apiVersion,
      kind: 'ValidatingWebhookConfiguration',
      metadata: metadata(CONFIGURATION_NAMES.ownKinds),
      webhooks: [validating],
    },
  ];
}

function common(input: DesiredInput, path: string, timeoutSeconds: number): object {
  return {
    clientConfig: clientConfig(input, path),
    failurePolicy: 'Fail',
    matchPolicy: 'Equivalent',
    sideEffects: 'NoneOnDryRun',
    timeoutSeconds,
    admissionReviewVersions: ['v1'],
  };
}

function clientConfig({ address, caBundle }: DesiredInput, path: string): object {
  const bundle = Buffer.from(caBundle).toString('base64');
  switch (address.kind) {
    case 'Service':
      return {
        caBundle: bundle,
        service: { namespace: address.namespace, name: address.name, port: address.port, path },
      };
    case 'Url':
      return { caBundle: bundle, url: `${address.url.replace(/\/$/, '')}${path}` };
  }
}

function ownRule(operations: readonly string[], resources: readonly string[]): object {
  return { apiGroups: [GROUP], apiVersions: ['*'], operations, resources, scope: '*' };
}

function metadata(name: string): object {
  return { name, labels: { 'app.kubernetes.io/part-of': 'sallyport' } };
}
