import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { execRequest } from '../../test/builders/exec-request.ts';
import { CliHarness } from '../../test/harness/cli-harness.ts';

let harness: CliHarness;

beforeEach(async () => {
  harness = await new CliHarness().listen();
});

afterEach(async () => {
  await harness[Symbol.asyncDispose]();
});

describe('list and show', () => {
  it('lists open requests; --all the others too', async () => {
    harness.put(execRequest());
    harness.put(execRequest({ name: 'old', status: { state: 'Denied' } }));
    expect(await harness.run('list -n prod -o name')).toEqual({
      code: 0,
      out: 'approvalrequest.sallyport.dev/exec-web-0\n',
      err: '',
    });
    expect((await harness.run('list -A --all')).out.match(/^prod /gm)).toHaveLength(2);
  });

  it('says where nothing was found, in the namespace of the context', async () => {
    harness.put(execRequest());
    expect(await harness.run('list')).toEqual({
      code: 0,
      out: '',
      err: 'No open approval requests in namespace sallyport-system. -A looks in all namespaces.\n',
    });
  });

  it('shows the page, or the object', async () => {
    harness.put(execRequest());
    expect((await harness.run('show prod/exec-web-0')).out).toContain('\nDigest\n');
    expect(JSON.parse((await harness.run('show prod/exec-web-0 -o json')).out)).toMatchObject({
      kind: 'ApprovalRequest',
    });
  });
});

describe('exit codes', () => {
  it.each([
    ['frob', 2, "error: unknown command 'frob'\n"],
    ['deny prod/x', 2, "error: required option '-r, --reason <text>' not specified\n"],
    ['list -n BAD_NS', 2, 'error: "BAD_NS" is not the name of a namespace (see: kubectl sallyport --help)\n'],
    ['show Prod/x', 2, 'error: "Prod" is not the name of a namespace (see: kubectl sallyport --help)\n'],
    [
      'show prod/x -n dev',
      2,
      'error: the request is in namespace prod, but -n says dev (see: kubectl sallyport --help)\n',
    ],
    ['show a b', 2, 'error: too many arguments'],
    ['list -o xml', 2, "error: option '-o, --output <format>' argument 'xml' is invalid"],
    ['approve prod/x --digest sha256:ab', 2, "error: option '--digest <sha256>' argument 'sha256:ab' is invalid"],
    [
      'show prod/nope',
      3,
      'error: approval request "nope" not found in namespace "prod" (try: kubectl sallyport list -A --all)\n',
    ],
    ['list --context other', 4, "error: cannot reach the API server: the kubeconfig has no context 'other'"],
  ])('%s: %d', async (args, code, message) => {
    const result = await harness.run(args);
    expect(result.code).toBe(code);
    expect(result.err).toContain(message);
    expect(result.out).toBe('');
  });

  it('a cluster without Sallyport: 3', async () => {
    harness.server.script = () => ({ type: 'Text', status: 404, text: '404 page not found\n' });
    expect(await harness.run('list')).toMatchObject({
      code: 3,
      err: 'error: this cluster has no Sallyport (is --context the right cluster?)\n',
    });
  });

  it('no API server: 4', async () => {
    harness.server.script = () => ({ type: 'Reset' });
    const { code, err } = await harness.run('list');
    expect(code).toBe(4);
    expect(err).toMatch(/^error: cannot reach the API server: .+\n$/);
  });

  it('--version: 0', async () => {
    expect(await harness.run('--version')).toEqual({ code: 0, out: 'kubectl sallyport 1.2.3\n', err: '' });
  });

  it('help: 0', async () => {
    expect(await harness.run('list --help')).toMatchObject({ code: 0, err: '' });
  });
});
