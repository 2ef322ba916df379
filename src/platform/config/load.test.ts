import { describe, expect, test } from 'vitest';
import { Secret } from '../telemetry/redact.ts';
import { formatProblems } from './config-problem.ts';
import { readEnvironment } from './env.ts';
import { type ConfigResult, type Flags, loadConfig } from './load.ts';
import { printConfig } from './print-config.ts';
import { type Config, configJsonSchema } from './schema.ts';

function load(file: string | undefined, flags: Flags = {}, variables: NodeJS.ProcessEnv = {}): Promise<ConfigResult> {
  return loadConfig({
    flags: file === undefined ? flags : { config: 'sallyport.yaml', ...flags },
    environment: readEnvironment(variables),
    readFile: async () => file ?? '',
  });
}

async function valid(...args: Parameters<typeof load>): Promise<Config> {
  const result = await load(...args);
  if (result.kind === 'invalid') throw new Error(formatProblems(result.problems));
  return result.config;
}

async function problems(...args: Parameters<typeof load>): Promise<string[]> {
  const result = await load(...args);
  if (result.kind === 'valid') return [];
  return result.problems.map(({ source, path, message }) => `${source} | ${path} | ${message}`);
}

describe('the configuration', () => {
  test('has a default for everything', async () => {
    expect(await valid(undefined)).toEqual({
      systemNamespace: 'sallyport-system',
      requests: {
        pendingPerRequester: 50,
        pendingInAll: 5000,
        cancelledPerRequesterADay: 50,
        heldPerRequester: 20,
        heldInAll: 200,
      },
      roles: ['webhook', 'controller', 'notify', 'console', 'audit'],
      identities: {
        writeStatus: [],
        openForOthers: [],
        retention: [],
        voteOnBehalf: { slack: [], console: [] },
        impersonation: 'Auto',
      },
      webhook: {
        listen: { host: '0.0.0.0', port: 8443 },
        service: { name: 'sallyport', port: 443 },
        clientNames: [],
        pathSecretHours: 1,
        limits: {
          bodyBytes: 7_340_032,
          inFlightBytes: 67_108_864,
          headerBytes: 65_536,
          bodySeconds: 5,
          connections: 1024,
          drainSeconds: 31,
          lingerSeconds: 3,
        },
      },
      health: { host: '0.0.0.0', port: 8080 },
      controller: { leaseName: 'sallyport-controller', leaseSeconds: 15, workers: 4, retentionDays: 30 },
      notify: {
        attemptsSeconds: 3600,
        leaseName: 'sallyport-notify',
        queued: 20_000,
        reminders: { afterShare: 0.5 },
        teams: [],
        webhooks: [],
      },
      logLevel: 'info',
    });
  });

  test('an empty file is the defaults', async () => {
    expect(await valid('# nothing yet\n')).toEqual(await valid(undefined));
  });

  test('every problem is told at once, with its path and who said it', async () => {
    const file = `
systemNamespace: Not_A_Label
webhook:
  listen: {port: 70000}
  limits: {bodyBytes: lots, bodySeconds: 0, bodyByts: 5}
identities: {writeStatus: admin}
webhok: {}
`;
    expect(await problems(file, { roles: 'webhook,chef', logLevel: 'loud' })).toEqual([
      'sallyport.yaml | systemNamespace | must be a DNS label (RFC 1123)',
      '--roles | roles.1 | Invalid option: expected one of "webhook"|"controller"|"notify"|"console"|"audit"',
      'sallyport.yaml | identities.writeStatus | Invalid input: expected array, received string',
      'sallyport.yaml | webhook.listen.port | Too big: expected number to be <=65535',
      'sallyport.yaml | webhook.limits.bodyBytes | Invalid input: expected number, received string',
      'sallyport.yaml | webhook.limits.bodySeconds | Too small: expected number to be >=0.1',
      'sallyport.yaml | webhook.limits.bodyByts | unknown key',
      '--log-level | logLevel | Invalid option: expected one of "debug"|"info"|"warn"|"error"|"silent"',
      'sallyport.yaml | webhok | unknown key',
    ]);
  });

  test.each<[string, string, RegExp]>([
    [
      'alarms for a Slack that is not set up',
      'audit: {ledger: {directory: d}, receiver: {tls: {certificateFile: c, keyFile: k}, tokenFile: t}, detectors: {notify: [{kind: Slack, channel: c}]}}',
      /audit\.detectors\.notify\.0 .*notify\.slack is not given/,
    ],
    [
      'alarms by mail without a server',
      'audit: {ledger: {directory: d}, receiver: {tls: {certificateFile: c, keyFile: k}, tokenFile: t}, detectors: {notify: [{kind: Email, channel: a@b.c}]}}',
      /audit\.detectors\.notify\.0 .*notify\.email is not given/,
    ],
    [
      'alarms by mail to nobody',
      'audit: {ledger: {directory: d}, receiver: {tls: {certificateFile: c, keyFile: k}, tokenFile: t}, detectors: {notify: [{kind: Email, channel: security}]}}',
      /audit\.detectors\.notify\.0\.channel .*must be an address/,
    ],
    [
      'alarms for a workflow that there is not',
      'audit: {ledger: {directory: d}, receiver: {tls: {certificateFile: c, keyFile: k}, tokenFile: t}, detectors: {notify: [{kind: Teams, channel: leads}]}}',
      /audit\.detectors\.notify\.0 .*the name leads is not given/,
    ],
    [
      'alarms for a webhook that there is not',
      'audit: {ledger: {directory: d}, receiver: {tls: {certificateFile: c, keyFile: k}, tokenFile: t}, detectors: {notify: [{kind: Webhook, channel: ops}]}}',
      /audit\.detectors\.notify\.0 .*the name ops is not given/,
    ],
    [
      'alarms twice in one place',
      'audit: {ledger: {directory: d}, receiver: {tls: {certificateFile: c, keyFile: k}, tokenFile: t}, detectors: {notify: [{kind: Webhook, channel: ops}, {kind: Webhook, channel: ops}]}}',
      /audit\.detectors\.notify .*twice/,
    ],
    [
      'alarms without events',
      'audit: {ledger: {directory: d}, detectors: {notify: [{kind: Email, channel: a@b.c}]}}',
      /audit\.detectors\.notify .*audit\.receiver/,
    ],
    ['a key twice', 'logLevel: info\nlogLevel: warn\n', /line 2: Map keys must be unique/],
    ['several syntax errors', 'a: [1\nb: "x\n', /line \d/],
    ['an alias', 'a: &x [1]\nb: *x\n', /aliases are not allowed/],
    ['a list', '- webhook\n', /must be a mapping/],
    ['a file that is too long', `# ${'x'.repeat(300_000)}`, /is longer than/],
    ['a role twice', 'roles: [webhook, webhook]', /must not name a role twice/],
    ['no role', 'roles: []', /roles/],
    ['a prototype as a key', '__proto__: {logLevel: debug}\n', /unknown key/],
    ['a budget below one body', 'webhook: {limits: {inFlightBytes: 2048}}', /must be at least bodyBytes/],
    [
      'a ledger that the gate here would not write to',
      'roles: [webhook]\naudit: {ledger: {directory: /ledger}}',
      /recorder \| must be given: there is a ledger/,
    ],
    [
      'records that travel in the clear',
      'recorder: {url: "http://127.0.0.1:1", certificateFile: c, keyFile: k, caFile: a, spoolDirectory: d}',
      /recorder\.url \| must be https/,
    ],
    [
      'an intake that anybody may write to',
      'audit: {ledger: {directory: d}, intake: {tls: {certificateFile: c, keyFile: k}, clientAuthority: a, clientNames: []}}',
      /audit\.intake\.clientNames/,
    ],
    [
      'an index in the directory of the ledger',
      'audit: {ledger: {directory: /var/lib/ledger}, index: {sqlite: {directory: /var/lib/x/../ledger/}}}',
      /audit\.ledger\.directory \| must neither be nor hold that of audit\.index\.sqlite\.directory/,
    ],
    [
      'an index that holds the ledger',
      'audit: {ledger: {directory: /var/lib/ledger}, index: {sqlite: {directory: /var/lib}}}',
      /audit\.index\.sqlite\.directory \| must neither be nor hold/,
    ],
    [
      'a spool in the ledger',
      'audit: {ledger: {directory: /l}}\nrecorder: {url: "https://a", certificateFile: c, keyFile: k, caFile: a, spoolDirectory: /l/s}',
      /audit\.ledger\.directory \| must neither be nor hold that of recorder/,
    ],
    ['a URL without TLS', 'webhook: {url: "http://127.0.0.1:1"}', /must be an https URL/],
    [
      'a password without TLS',
      'notify: {email: {host: mail, from: a@b.c, tls: None, user: u, passwordFile: f}}',
      /notify\.email\.tls \| must not be None/,
    ],
    [
      'a token of Slack without TLS',
      'notify: {slack: {botTokenFile: f, appTokenFile: f, teams: [T01], apiUrl: "http://slack.example.com/api/"}}',
      /notify\.slack\.apiUrl \| must be an https URL/,
    ],
    [
      'mail in the clear to another machine',
      'notify: {email: {host: mail, from: a@b.c, tls: None}}',
      /notify\.email\.tls \| must not be None but for a relay on this machine/,
    ],
    [
      'a sender that is none',
      'notify: {email: {host: mail, from: not an address}}',
      /notify\.email\.from \| must be an address/,
    ],
    [
      'two Teams of one name',
      'notify: {teams: [{name: a, urlFile: x}, {name: a, urlFile: y}]}',
      /notify\.teams \| must not have a name twice/,
    ],
    [
      'two webhooks of one name',
      'notify: {webhooks: [{name: a, url: "https://x", secretFile: x}, {name: a, url: "https://y", secretFile: y}]}',
      /notify\.webhooks \| must not have a name twice/,
    ],
    ['a Lease that cannot be', 'notify: {leaseName: "Not A Name!!"}', /notify\.leaseName \| must be a DNS subdomain/],
    ['a URL with a password', 'webhook: {url: "https://a:b@127.0.0.1:1"}', /must have no user/],
    [
      'a login of the mail server without a password',
      'notify: {email: {host: mail, from: a@b.c, user: sallyport}}',
      /notify\.email\.passwordFile \| must be given with user/,
    ],
    [
      'Slack in Socket mode without its token',
      'notify: {slack: {botTokenFile: a, teams: [T0123ABCD]}}',
      /notify\.slack\.appTokenFile \| must be given for mode Socket/,
    ],
    [
      'Slack over HTTP without the signing secret',
      'notify: {slack: {mode: Http, botTokenFile: a, teams: [T0123ABCD]}}',
      /notify\.slack\.signingSecretFile \| must be given for mode Http/,
    ],
  ])('%s is refused', async (_, file, expected) => {
    expect((await problems(file)).join('\n')).toMatch(expected);
  });

  test('a file that cannot be read is a problem like any other', async () => {
    const result = await loadConfig({
      flags: { config: 'missing.yaml', logLevel: 'loud' },
      environment: {},
      readFile: () => Promise.reject(new Error('ENOENT: no such file')),
    });
    expect(result).toMatchObject({
      kind: 'invalid',
      problems: [
        { source: 'missing.yaml', message: 'cannot be read: ENOENT: no such file' },
        { source: '--log-level', path: 'logLevel' },
      ],
    });
  });

  test('flags win over the environment, that over the file, that over the defaults', async () => {
    const file = 'logLevel: warn\nkubeconfig: file\nsystemNamespace: file\n';
    const variables = { KUBECONFIG: 'environment', POD_NAMESPACE: 'environment' };
    const config = await valid(file, { kubeconfig: 'flag', roles: 'controller' }, variables);
    expect(config).toMatchObject({
      kubeconfig: 'flag',
      systemNamespace: 'environment',
      logLevel: 'warn',
      roles: ['controller'],
    });
  });

  test('an empty variable is none', () => {
    expect(readEnvironment({ KUBECONFIG: '', POD_NAMESPACE: 'a' })).toEqual({ podNamespace: 'a' });
  });

  test('problems are printed one a line', () => {
    const problem = { source: 'sallyport.yaml', path: 'roles', message: 'is wrong' };
    expect(formatProblems([problem, { ...problem, path: '' }])).toBe(
      'the configuration has 2 problems:\n  sallyport.yaml: roles: is wrong\n  sallyport.yaml: is wrong\n',
    );
  });

  test('what is printed can be read again, and a secret is not in it', async () => {
    const config = await valid('identities: {retention: ["system:serviceaccount:a:b"]}');
    expect(await valid(printConfig(config))).toEqual(config);
    const withSecret = { ...config, token: new Secret('hunter2') };
    expect(printConfig(withSecret)).toContain('token: "[redacted]"');
  });

  test('every setting says why it is what it is', () => {
    const undescribed = leaves(configJsonSchema()).filter(([, schema]) => schema.description === undefined);
    expect(undescribed.map(([path]) => path)).toEqual([]);
  });

  test('no section takes unknown keys', () => {
    expect(sections(configJsonSchema()).filter((schema) => schema.additionalProperties !== false)).toEqual([]);
  });
});

interface JsonSchema {
  readonly additionalProperties?: boolean;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

function leaves(schema: JsonSchema, path = ''): [string, JsonSchema][] {
  if (schema.properties === undefined) return [[path, schema]];
  return Object.entries(schema.properties).flatMap(([name, child]) => leaves(child, `${path}.${name}`));
}

function sections(schema: JsonSchema): JsonSchema[] {
  if (schema.properties === undefined) return [];
  return [schema, ...Object.values(schema.properties).flatMap(sections)];
}
