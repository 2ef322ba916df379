import { describe, expect, test } from 'vitest';
import { createApi, passes } from './api-client.ts';

interface Sent {
  readonly path: string;
  readonly init: RequestInit | undefined;
}

function answering(answer: () => Response): { api: ReturnType<typeof createApi>; sent: Sent[] } {
  const sent: Sent[] = [];
  const api = createApi(async (path, init) => {
    sent.push({ path: path as string, init });
    return answer();
  });
  return { api, sent };
}

test('a list asks for its view and for the filters that are set', async () => {
  const { api, sent } = answering(() => Response.json({ items: [], total: 0 }));
  expect(await api.list('all', { namespace: 'prod', q: 'a&b' })).toEqual({ ok: true, value: { items: [], total: 0 } });
  expect(sent[0]?.path).toBe('/api/v1/requests?namespace=prod&q=a%26b&view=all');
});

test('a vote goes to its own request, whatever that is called, with the token', async () => {
  const { api, sent } = answering(() => Response.json({}, { status: 201 }));
  await api.cast('prod', '../x?', { uid: 'u', digest: 'd', decision: 'Approve' }, 'token');
  expect(sent[0]?.path).toBe('/api/v1/requests/prod/..%2Fx%3F/votes');
  expect(new Headers(sent[0]?.init?.headers).get('X-CSRF-Token')).toBe('token');
  expect(sent[0]?.init?.body).toBe('{"uid":"u","digest":"d","decision":"Approve"}');
});

test.each([0, 429, 500, 502, 503])('%i passes', (status) => {
  expect(passes(status)).toBe(true);
});

test.each([400, 401, 403, 404, 409, 421])('%i does not', (status) => {
  expect(passes(status)).toBe(false);
});

describe('what goes wrong is an answer', () => {
  const CASES: Readonly<Record<string, [answer: () => Response, status: number, message: RegExp]>> = {
    'a refusal keeps the words of the server': [
      () => Response.json({ code: 'SelfApproval', message: 'you asked for it' }, { status: 403 }),
      403,
      /^you asked for it$/,
    ],
    'a page of a proxy': [() => new Response('<html>', { status: 502 }), 502, /answered 502/],
    'a success that is no JSON': [() => new Response('<html>', { status: 200 }), 200, /answered 200/],
    'no server': [
      () => {
        throw new TypeError('Failed to fetch');
      },
      0,
      /does not answer/,
    ],
  };

  test.each(Object.entries(CASES))('%s', async (_, [answer, status, message]) => {
    const result = await answering(answer).api.me();
    expect(result).toMatchObject({ ok: false, status, problem: { message: expect.stringMatching(message) } });
  });
});
