import { expect, it } from 'vitest';
import { EXIT } from './exit-code.ts';
import { kubectlProblem } from './kubectl-problem.ts';

const GET = 'Get "https://10.0.0.1:6443/openapi/v2?timeout=32s"';

it.each<[keyof typeof EXIT, string]>([
  ['notFound', 'Error from server (NotFound): configmaps "nope" not found'],
  ['notFound', 'Warning: x\nError from server (NotFound): error when creating "x": namespaces "n" not found'],
  ['failed', 'Error from server (Forbidden): configmaps "nope" is forbidden'],
  ['failed', `Error from server (InternalError): failed calling webhook "w": ${GET}: context deadline exceeded`],
  ['unreachable', 'Unable to connect to the server: net/http: TLS handshake timeout'],
  ['unreachable', 'The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?'],
  [
    'unreachable',
    `error: error validating "x": error validating data: failed to download openapi: ${GET}: net/http: TLS handshake timeout; if you choose to ignore these errors`,
  ],
  [
    'unreachable',
    `couldn't get current server API group list: ${GET}: dial tcp 10.0.0.1:6443: connect: connection refused`,
  ],
  ['usage', 'error: the path "nosuch.yaml" does not exist'],
  ['failed', 'error: error parsing x: error converting YAML to JSON: yaml: line 2: mapping values'],
  ['failed', ''],
])('%s of %j', (name, stderr) => {
  expect(kubectlProblem(stderr)).toBe(EXIT[name]);
});
