import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ScriptedApiServer } from '../../../test/harness/scripted-api-server.ts';
import { systemClock } from '../clock/system-clock.ts';
import { DEFAULT_CLIENT_LIMITS, type KubeClient, loadKubeClient } from './client.ts';
import { getOrCreateSecret, type SecretData } from './secrets.ts';

const SECRETS = '/api/v1/secrets';
const metadata = { name: 'seal', namespace: 'sallyport-system' };

describe('getOrCreateSecret', () => {
  let server: ScriptedApiServer;
  let client: KubeClient;

  beforeEach(async () => {
    server = await new ScriptedApiServer().listen();
    client = loadKubeClient({ kubeconfig: server.kubeconfig }, DEFAULT_CLIENT_LIMITS, systemClock);
  });

  afterEach(async () => {
    client.close();
    await server[Symbol.asyncDispose]();
  });

  let generated = 0;
  const ask = (keys = ['key']): Promise<SecretData> =>
    getOrCreateSecret({
      client,
      ...metadata,
      keys,
      generate: async () => ({ key: Buffer.from(`value-${(generated += 1)}`), other: Buffer.from([0, 255]) }),
      signal: new AbortController().signal,
    });

  it('creates it, and reads the same afterwards', async () => {
    const first = await ask();
    expect(first.get('other')).toEqual(Buffer.from([0, 255]));
    expect(await ask()).toEqual(first);
  });

  it('gives the same values to all who create it at once', async () => {
    const all = await Promise.all([ask(), ask(), ask(), ask()]);
    expect(new Set(all.map((data) => data.get('key')?.toString())).size).toBe(1);
  });

  it('adds missing keys and leaves the others as they are', async () => {
    server.store.put(SECRETS, { metadata, data: { key: Buffer.from('old').toString('base64') } });
    const data = await ask(['key', 'other']);
    expect(data.get('key')?.toString()).toBe('old');
    expect(data.get('other')).toEqual(Buffer.from([0, 255]));
  });

  it('gives the same values to all who complete it at once', async () => {
    server.store.put(SECRETS, { metadata, data: { other: Buffer.from('old').toString('base64') } });
    const all = await Promise.all([ask(), ask(), ask(), ask()]);
    expect(new Set(all.map((data) => data.get('key')?.toString())).size).toBe(1);
    expect(all.map((data) => data.get('other')?.toString())).toEqual(['old', 'old', 'old', 'old']);
  });

  it('looks again when somebody changed it between reading and writing', async () => {
    server.store.put(SECRETS, { metadata, data: {} });
    let once = true;
    server.script = ({ method }) => {
      if (method === 'PUT' && once) server.store.put(SECRETS, { metadata, data: { key: 'dGhlaXJz' } });
      if (method === 'PUT') once = false;
      return undefined;
    };
    expect((await ask()).get('key')?.toString()).toBe('theirs');
  });

  it('fails when the generator does not make what is needed, or reading is forbidden', async () => {
    await expect(ask(['absent'])).rejects.toThrow('lacks absent');
    server.script = () => ({ type: 'Json', status: 403, body: {} });
    await expect(ask()).rejects.toMatchObject({ status: 403 });
  });
});
