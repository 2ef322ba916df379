import { expect, test } from 'vitest';
import { celVariables } from './cel-variables.ts';
import { compileCondition } from './compile-condition.ts';

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'web',
    namespace: 'prod',
    generation: 3,
    labels: { app: 'web', 'app.kubernetes.io/part-of': 'shop', constructor: 'acme', ['__proto__']: 'polluted' },
    annotations: {},
  },
  spec: {
    replicas: 3,
    paused: false,
    threshold: 0.5,
    minReadySeconds: 0,
    template: {
      spec: {
        hostNetwork: true,
        volumes: null,
        containers: [
          {
            name: 'web',
            image: 'registry.example/web:1.2',
            ports: [{ containerPort: 8080 }],
            resources: { limits: {} },
          },
          { name: 'proxy', image: 'docker.io/envoy:latest', securityContext: { privileged: true } },
        ],
      },
    },
  },
};

const variables = celVariables({
  request: {
    uid: 'not-a-field-of-cel',
    kind: { group: 'apps', version: 'v1', kind: 'Deployment' },
    resource: { group: 'apps', version: 'v1', resource: 'deployments' },
    subResource: '',
    name: 'web',
    namespace: 'prod',
    operation: 'UPDATE',
    dryRun: false,
    userInfo: {
      username: 'alice@example.com',
      uid: 'u-1',
      groups: ['developers', 'system:authenticated'],
      extra: { 'authentication.kubernetes.io/credential-id': ['JTI=1'] },
    },
    options: { fieldManager: 'kubectl-edit' },
  },
  object: deployment,
  oldObject: { ...deployment, spec: { ...deployment.spec, replicas: 2 } },
  namespaceObject: { metadata: { name: 'prod', labels: { env: 'prod' } } },
  exec: {
    container: 'web',
    command: ['sh', '-c', 'dropdb -f shop'],
    tty: true,
    stdin: true,
    stdout: true,
    stderr: false,
  },
});

/** What Kubernetes says to the same expression over the same review. */
const conformance: readonly (readonly [expression: string, verdict: boolean])[] = [
  // groups and users
  ["!('system:nodes' in request.userInfo.groups)", true],
  ["'developers' in request.userInfo.groups", true],
  ["request.userInfo.groups.exists(g, g == 'developers')", true],
  ["request.userInfo.groups.all(g, g.startsWith('system:'))", false],
  ["request.userInfo.groups.exists_one(g, g.startsWith('system:'))", true],
  ["request.userInfo.username.endsWith('@example.com')", true],
  ["request.userInfo.username.startsWith('system:serviceaccount:')", false],
  ["request.userInfo.extra['authentication.kubernetes.io/credential-id'][0] == 'JTI=1'", true],
  ["has(request.userInfo.extra) && 'missing' in request.userInfo.extra", false],
  ['size(request.userInfo.groups) == 2', true],
  // the request
  ["request.operation == 'UPDATE'", true],
  ["request.operation in ['CREATE', 'UPDATE']", true],
  ["request.kind.kind == 'Deployment' && request.kind.group == 'apps'", true],
  ["request.subResource == ''", true],
  ['request.dryRun == false', true],
  ['has(request.dryRun) && !request.dryRun', true],
  ['has(request.options.fieldManager)', true],
  // presence
  ['has(object.spec.replicas)', true],
  ['has(object.spec.missing)', false],
  ['!has(object.metadata.ownerReferences)', true],
  ['has(object.metadata.annotations)', true],
  ['has(object.spec.template.spec.volumes)', true],
  ['object.spec.template.spec.volumes == null', true],
  ["object.?spec.?strategy.?type.orValue('RollingUpdate') == 'RollingUpdate'", true],
  ['object.?spec.?replicas.hasValue()', true],
  ['object != null && oldObject != null', true],
  // integers in JSON are ints
  ['object.spec.replicas == 3', true],
  ['object.spec.replicas + 1 == 4', true],
  ['object.spec.replicas * 2 > 5', true],
  ['object.spec.replicas / 2 == 1', true],
  ['object.spec.replicas % 2 == 1', true],
  ['-object.spec.replicas == -3', true],
  ['object.spec.replicas - oldObject.spec.replicas == 1', true],
  ['object.spec.replicas > oldObject.spec.replicas', true],
  ['object.spec.replicas == 3.0', true],
  ['object.spec.threshold < 1', true],
  ['object.spec.threshold == 0.5', true],
  ['int(object.spec.threshold) == 0', true],
  ["string(object.spec.replicas) == '3'", true],
  ['object.spec.minReadySeconds == 0', true],
  ["object.spec.replicas == '3'", false],
  ['type(object.spec.replicas) == int', true],
  // lists and maps
  ["object.spec.template.spec.containers.all(c, c.image.contains(':'))", true],
  ["object.spec.template.spec.containers.exists(c, c.image.endsWith(':latest'))", true],
  ['object.spec.template.spec.containers.exists(c, has(c.securityContext) && c.securityContext.privileged)', true],
  ['object.spec.template.spec.containers.exists(c, c.?securityContext.?privileged.orValue(false))', true],
  ['object.spec.template.spec.containers.all(c, has(c.resources) && has(c.resources.limits))', false],
  ['object.spec.template.spec.containers.exists(c, has(c.ports) && c.ports.exists(p, p.containerPort == 8080))', true],
  ["object.spec.template.spec.containers.map(c, c.name) == ['web', 'proxy']", true],
  ["object.spec.template.spec.containers.filter(c, c.name == 'web').size() == 1", true],
  ['object.spec.template.spec.containers[1].securityContext.privileged == true', true],
  ["'app' in object.metadata.labels", true],
  ["object.metadata.labels['app.kubernetes.io/part-of'] == 'shop'", true],
  ["object.metadata.labels.all(k, object.metadata.labels[k] != '')", true],
  ["object.metadata.labels.exists(k, k == '__proto__')", true],
  ["object.metadata.labels['constructor'] == 'acme'", true],
  ["object.metadata.labels['__proto__'] == 'polluted'", true],
  ["'toString' in object.metadata.labels", false],
  ['has(object.toString)', false],
  ['size(object.metadata.annotations) == 0', true],
  ['object.metadata == oldObject.metadata', true],
  ['object.spec != oldObject.spec', true],
  ["namespaceObject.metadata.labels.env == 'prod'", true],
  ["{'a': 1, 'b': 2}['b'] == 2", true],
  ['[1, 2] + [3] == [1, 2, 3] && 2 in [1, 2]', true],
  // logic: an error on one side is absorbed when the other decides
  ["object.spec.missing == 1 || request.operation == 'UPDATE'", true],
  ["request.operation == 'CREATE' && object.spec.missing == 1", false],
  ["request.operation == 'UPDATE' ? object.spec.replicas <= 5 : false", true],
  ["(request.operation == 'DELETE' ? oldObject : object).metadata.name == 'web'", true],
  // strings
  ["object.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')", true],
  ["request.userInfo.username.matches('(?i)^ALICE@')", true],
  ["object.metadata.name.matches('eb')", true],
  ["'K'.lowerAscii() == 'k' && '\\u212a'.lowerAscii() != 'k'", true],
  ["'a,b,c'.split(',').size() == 3 && 'a,b,c'.split(',', 2) == ['a', 'b,c']", true],
  ["['a', 'b'].join('-') == 'a-b'", true],
  ["'a.b.c'.replace('.', '/') == 'a/b/c' && 'a.b.c'.replace('.', '/', 1) == 'a/b.c'", true],
  ["'hello'.substring(1, 3) == 'el' && 'hello'.indexOf('l') == 2 && 'hello'.charAt(1) == 'e'", true],
  ["' x '.trim() == 'x' && 'x'.upperAscii() == 'X'", true],
  ["duration('90m') > duration('1h')", true],
  // exec
  ["exec.command.exists(a, a.contains('dropdb'))", true],
  ["exec.command[0] in ['sh', 'bash'] && exec.tty", true],
  ["exec.command == ['ls'] || !exec.stdin || exec.stderr", false],
  ["exec.container == 'web' && exec.command.size() == 3", true],
];

test.each(conformance)('%s is %s', (expression, verdict) => {
  const condition = compileCondition(expression);
  expect(condition.ok ? condition.evaluate(variables) : condition).toEqual({ ok: true, value: verdict });
});

/** Refused when the policy is applied: the position is what `kubectl apply` shows. */
const refused: readonly (readonly [why: string, expression: string, line: number, column: number, message: RegExp])[] =
  [
    ['an unknown variable', 'request.dryRun ||\n  objet.spec.paused', 2, 3, /objet/],
    ['a field that request does not have', 'request.userinfo.username == "a"', 1, 9, /no field userinfo/],
    ['a field that userInfo does not have', '"a" in request.userInfo.group', 1, 25, /no field group/],
    ['a field that exec does not have', 'exec.cmd == []', 1, 6, /no field cmd/],
    ['a result that is a string', 'request.name', 1, 1, /must be bool/],
    ['a result that is an integer', '1 + 1', 1, 1, /must be bool/],
    ['a result whose type is not known', 'object.spec.paused', 1, 1, /== true/],
    ['a comparison of literals of two types', '1 == "a"', 1, 1, /overload/],
    ['a syntax error', 'request.name ==', 1, 16, /Unexpected/],
    ['a single equals sign', "request.name = 'a'", 1, 14, /./],
    ['an empty expression', '  ', 1, 1, /empty/],
    ['a function that does not exist', "object.x.json() == 'a'", 1, 1, /no function json/],
    ['cel.bind, which Kubernetes does not have', 'cel.bind(x, object, x == null)', 1, 1, /no function bind/],
    ['our own names of replaced functions', "'a'.sallyport_matches('(a+)+')", 1, 1, /no function/],
    ['look-behind', "request.name.matches('(?<=a)b')", 1, 22, /RE2/],
    ['look-ahead', "request.name.matches('a(?=b)')", 1, 22, /RE2/],
    ['a back-reference', "request.name.matches('(a)\\\\1')", 1, 22, /RE2/],
    ['a pattern that is not a literal', 'request.name.matches(object.spec.pattern)', 1, 22, /literal/],
    ['a pattern that is put together', "request.name.matches('a' + 'b')", 1, 22, /literal/],
    ['matches called as a function', "matches(request.name, 'a')", 1, 1, /on a value/],
    ['a pattern over 1 KB', `request.name.matches('${'a'.repeat(1025)}')`, 1, 22, /longer than 1024/],
    [
      'a short pattern that compiles to thousands of steps',
      "request.name.matches('(a?){1000}a{1000}')",
      1,
      22,
      /repeats/,
    ],
    ['a loop variable that hides a variable', "object.list.all(request, request == 'a')", 1, 17, /request/],
    ['a map key that the engine would drop', "object == {'constructor': 1}", 1, 12, /constructor/],
    ['three nested loops', 'object.a.all(x, x.all(y, y.all(z, z == 1)))', 1, 26, /nest/],
    ['an expression over 4 KiB', `true ${' '.repeat(4092)}`, 1, 1, /4096/],
    ['1,000 parentheses', `${'('.repeat(1000)}true${')'.repeat(1000)}`, 1, 65, /maxDepth/],
    ['4,000 negations', `${'!'.repeat(4000)}true`, 1, 2001, /maxAstNodes/],
    ['100 negations', `${'!'.repeat(100)}true`, 1, 65, /deeper than 64/],
    ['2,000 unclosed brackets', '['.repeat(2000), 1, 65, /maxDepth/],
    ['more than 2,000 nodes', Array.from({ length: 1100 }, () => '1').join('+'), 1, 1, /./],
  ];

test.each(refused)('%s is refused', (_why, expression, line, column, message) => {
  expect(compileCondition(expression)).toEqual({ ok: false, message: expect.stringMatching(message), line, column });
});
