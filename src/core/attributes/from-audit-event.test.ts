import { describe, expect, test } from 'vitest';
import { ALICE_AUDITED, auditEvent, writeEvent } from '../../../test/builders/audit-event.ts';
import { type AuditedRequest, fromAuditEvent, type UnknownPart } from './from-audit-event.ts';
import { CUT_ANNOTATION } from './cut-note.ts';

function reviewed(event: AuditedRequest) {
  const audited = fromAuditEvent(event);
  if (audited.kind !== 'Reviewed') throw new Error(audited.kind);
  return { ...audited, unknown: [...audited.unknown].sort() };
}

describe('a stream', () => {
  test('of exec is read from its URL, as the API server reads it', () => {
    const { attributes, unknown } = reviewed(
      auditEvent({
        requestURI:
          '/api/v1/namespaces/prod/pods/web-0/exec?command=sh&command=-c&command=echo+a%26b&container=app&stdin=true&tty=1&stdout=false&stderr=',
      }),
    );
    expect(attributes).toEqual({
      user: { username: 'alice', groups: ALICE_AUDITED.groups, extra: ALICE_AUDITED.extra },
      operation: 'CONNECT',
      group: '',
      version: 'v1',
      resource: 'pods',
      subresource: 'exec',
      namespace: 'prod',
      name: 'web-0',
      kind: 'PodExecOptions',
      object: {
        kind: 'PodExecOptions',
        apiVersion: 'v1',
        stdin: true,
        tty: true,
        stderr: true,
        container: 'app',
        command: ['sh', '-c', 'echo a&b'],
      },
      oldObject: null,
      options: null,
      dryRun: false,
    });
    expect(unknown).toEqual(['namespaceLabels', 'pod']);
  });

  const connects: Record<string, Parameters<typeof auditEvent>[0]> = {
    'exec over WebSocket': { verb: 'get' },
    'exec over SPDY': { verb: 'create' },
    'a port-forward': { objectRef: { resource: 'pods', subresource: 'portforward', name: 'web-0', namespace: 'prod' } },
    'a GET through a proxy': {
      objectRef: { resource: 'services', subresource: 'proxy', name: 'a', namespace: 'prod' },
    },
    'a DELETE through a proxy': { verb: 'delete', objectRef: { resource: 'nodes', subresource: 'proxy', name: 'n' } },
  };
  test.each(Object.entries(connects))('%s is CONNECT', (_, overrides) => {
    expect(reviewed(auditEvent(overrides)).attributes.operation).toBe('CONNECT');
  });

  test('through a proxy says to which path, whatever the namespace is called', () => {
    const proxied = (requestURI: string, resource: string, namespace?: string) =>
      reviewed(
        auditEvent({
          requestURI,
          objectRef: { resource, subresource: 'proxy', name: 'x', ...(namespace === undefined ? {} : { namespace }) },
        }),
      ).attributes.object?.['path'];
    expect(proxied('/api/v1/nodes/x/proxy/metrics?a=b', 'nodes')).toBe('/metrics');
    expect(proxied('/api/v1/namespaces/proxy/pods/x/proxy/a/proxy/b', 'pods', 'proxy')).toBe('/a/proxy/b');
    expect(proxied('/api/v1/namespaces/prod/services/x/proxy', 'services', 'prod')).toBe('/');
  });

  test('whose query Go would read otherwise shows nothing of it', () => {
    for (const query of ['command=a;b', 'command=%zz'])
      expect(
        reviewed(auditEvent({ requestURI: `/api/v1/namespaces/prod/pods/web-0/exec?${query}` })).unknown,
      ).toContain('object');
  });
});

describe('is no review', () => {
  const none: Record<string, AuditedRequest> = {
    'a read': auditEvent({ verb: 'get', objectRef: { resource: 'pods', namespace: 'prod', name: 'web-0' } }),
    logs: auditEvent({ verb: 'get', objectRef: { resource: 'pods', subresource: 'log', name: 'web-0' } }),
    'a watch': auditEvent({ verb: 'watch', objectRef: { resource: 'pods' } }),
    'an exec of another group': auditEvent({
      objectRef: { resource: 'pods', subresource: 'exec', apiGroup: 'example.com', name: 'x' },
    }),
    'no resource': { ...auditEvent({ verb: 'create', requestURI: '/healthz' }), objectRef: {} },
  };
  test.each(Object.entries(none))('%s', (_, event) => {
    expect(fromAuditEvent(event)).toEqual({ kind: 'NotReviewed' });
  });
  test('and an event without a user is unreadable', () => {
    expect(fromAuditEvent(auditEvent({ user: {} })).kind).toBe('Unreadable');
  });
});

describe('a write', () => {
  const stored = { kind: 'Deployment', apiVersion: 'apps/v1', metadata: { name: 'web', resourceVersion: '8' } };
  const versioned = { resource: 'deployments', apiGroup: 'apps', name: 'web', resourceVersion: '7' };
  const says: Record<string, readonly [AuditedRequest, operation: string, unknown: UnknownPart[]]> = {
    'of which only metadata is kept: a create': [
      writeEvent('create'),
      'CREATE',
      ['kind', 'namespaceLabels', 'object', 'options'],
    ],
    'a patch': [writeEvent('patch'), 'UPDATE', ['change', 'kind', 'namespaceLabels', 'object', 'oldObject', 'options']],
    'an apply that made the object': [
      writeEvent('patch', { responseStatus: { code: 201 } }),
      'CREATE',
      ['kind', 'namespaceLabels', 'object', 'options'],
    ],
    'an apply that failed': [
      writeEvent('patch', { requestURI: '/x?fieldManager=a', responseStatus: { code: 403 } }),
      'UPDATE',
      ['change', 'kind', 'namespaceLabels', 'object', 'oldObject', 'operation', 'options'],
    ],
    'a delete': [writeEvent('delete'), 'DELETE', ['dryRun', 'kind', 'namespaceLabels', 'oldObject', 'options']],
    'a delete whose body is kept': [
      writeEvent('delete', { level: 'Request', requestObject: { kind: 'DeleteOptions' } }),
      'DELETE',
      ['kind', 'namespaceLabels', 'oldObject'],
    ],
    'a deletecollection': [
      { ...writeEvent('deletecollection'), objectRef: { resource: 'pods', namespace: 'prod' } },
      'DELETE',
      ['dryRun', 'kind', 'name', 'namespaceLabels', 'oldObject', 'options'],
    ],
    'a create by generateName': [
      { ...writeEvent('create'), objectRef: { resource: 'pods', namespace: 'prod' } },
      'CREATE',
      ['kind', 'name', 'namespaceLabels', 'object', 'options'],
    ],
    'a create as it was sent': [
      writeEvent('create', { level: 'Request', requestObject: stored }),
      'CREATE',
      ['defaults', 'namespaceLabels', 'options'],
    ],
    'one that another webhook changed': [
      writeEvent('create', {
        level: 'Request',
        requestObject: stored,
        annotations: { 'mutation.webhook.admission.k8s.io/round_0_index_1': '{"mutated":true}' },
      }),
      'CREATE',
      ['kind', 'namespaceLabels', 'object', 'options'],
    ],
    'a create as it was stored': [
      writeEvent('create', { level: 'RequestResponse', requestObject: stored, responseObject: stored }),
      'CREATE',
      ['namespaceLabels', 'options'],
    ],
    'one that was answered with a Status': [
      writeEvent('create', {
        responseStatus: { code: 403 },
        requestObject: stored,
        responseObject: { kind: 'Status' },
      }),
      'CREATE',
      ['defaults', 'namespaceLabels', 'options'],
    ],
    'a PUT that changed something': [
      writeEvent('update', { objectRef: versioned, responseObject: stored }),
      'UPDATE',
      ['oldObject', 'options'],
    ],
    'a PUT that changed nothing': [
      writeEvent('update', { objectRef: { ...versioned, resourceVersion: '8' }, responseObject: stored }),
      'UPDATE',
      ['options'],
    ],
    'of a cluster-scoped object': [
      writeEvent('delete', { objectRef: { resource: 'nodes', name: 'n' } }),
      'DELETE',
      ['dryRun', 'kind', 'oldObject', 'options'],
    ],
  };
  test.each(Object.entries(says))('%s', (_, [event, operation, unknown]) => {
    const found = reviewed(event);
    expect(found.attributes.operation).toBe(operation);
    expect(found.unknown).toEqual(unknown);
  });

  test('that changed nothing has the same object before and after', () => {
    const { attributes } = reviewed(
      writeEvent('update', { objectRef: { ...versioned, resourceVersion: '8' }, responseObject: stored }),
    );
    expect(attributes.oldObject).toBe(attributes.object);
  });

  test('of a Namespace is in itself', () => {
    const event = writeEvent('delete', { objectRef: { resource: 'namespaces', name: 'prod', apiVersion: 'v1' } });
    expect(reviewed(event).attributes).toMatchObject({ namespace: 'prod', name: 'prod' });
  });

  test('is dry where the URL says so, or of a delete the body, if there is one', () => {
    expect(reviewed(writeEvent('create', { requestURI: '/x?dryRun=All' })).attributes.dryRun).toBe(true);
    expect(reviewed(writeEvent('delete', { requestObject: { dryRun: ['All'] } })).attributes.dryRun).toBe(true);
    const uri = '/x?dryRun=All';
    const dryOf = (change: Parameters<typeof writeEvent>[1]) => {
      const { attributes, unknown } = reviewed(writeEvent('delete', { requestURI: uri, ...change }));
      return unknown.includes('dryRun') ? 'unknown' : attributes.dryRun;
    };
    // The API server does not look at the query where there is a body, and an event need not show that there was one.
    expect(dryOf({})).toBe('unknown');
    expect(dryOf({ level: 'Request' })).toBe(true);
    expect(dryOf({ level: 'Request', annotations: { 'audit.k8s.io/truncated': 'true' } })).toBe('unknown');
    expect(dryOf({ level: 'Request', annotations: { [CUT_ANNOTATION]: '{}' } })).toBe('unknown');
    expect(dryOf({ level: 'Request', requestObject: { kind: 'DeleteOptions' } })).toBe(false);
    expect(reviewed(writeEvent('create')).attributes.dryRun).toBe(false);
  });
});

test('who acts as somebody else is that somebody', () => {
  const { attributes, impersonated } = reviewed(auditEvent({ impersonatedUser: { username: 'bob', groups: ['sre'] } }));
  expect(attributes.user).toEqual({ username: 'bob', groups: ['sre'], extra: {} });
  expect(impersonated).toBe(true);
});
