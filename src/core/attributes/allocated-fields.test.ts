import { describe, expect, test } from 'vitest';
import { withoutAllocated } from './allocated-fields.ts';

const service = (spec: object) => ({ kind: 'Service', spec }) as never;
const managed = (spec: object) => [{ manager: 'kubectl', fieldsV1: { 'f:metadata': {}, 'f:spec': spec } }] as never;

const PORT = { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} } };

describe('[R11] what the API server drew for a Service is left out, what its author wrote stays', () => {
  test.each<[string, object, unknown, object]>([
    [
      'everything drawn',
      {
        clusterIP: '10.0.0.9',
        clusterIPs: ['10.0.0.9'],
        healthCheckNodePort: 31_000,
        ports: [{ port: 80, nodePort: 30_001 }],
      },
      managed({ 'f:ports': PORT }),
      { ports: [{ port: 80 }] },
    ],
    [
      'an address that was chosen',
      { clusterIP: '10.0.0.9', clusterIPs: ['10.0.0.9'], ports: [{ port: 80 }] },
      managed({ 'f:clusterIP': {}, 'f:ports': PORT }),
      { clusterIP: '10.0.0.9', clusterIPs: ['10.0.0.9'], ports: [{ port: 80 }] },
    ],
    [
      'a port that was chosen',
      { clusterIP: '10.0.0.9', ports: [{ port: 80, nodePort: 30_001 }] },
      managed({ 'f:ports': { 'k:{"port":80}': { 'f:nodePort': {} } } }),
      { ports: [{ port: 80, nodePort: 30_001 }] },
    ],
    ['a headless Service', { clusterIP: 'None', ports: [] }, managed({}), { clusterIP: 'None', ports: [] }],
    ['managed fields that a client has reset', { clusterIP: '10.0.0.9' }, [], { clusterIP: '10.0.0.9' }],
    ['no managed fields', { clusterIP: '10.0.0.9' }, undefined, { clusterIP: '10.0.0.9' }],
    [
      'managed fields of something else',
      { clusterIP: '10.0.0.9' },
      [{ fieldsV1: { 'f:metadata': {} } }],
      { clusterIP: '10.0.0.9' },
    ],
  ])('%s', (_, spec, managedFields, expected) => {
    expect(withoutAllocated(service(spec), managedFields as never)).toEqual(service(expected));
  });
});
