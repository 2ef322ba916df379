/**
 * Bodies that no API server sends: what a parser of AdmissionReviews must neither let through nor fall over. Each row makes
 * its bytes from a good review, so that every parser and every path can have the corpus with a review of its own.
 */
export interface BadBody {
  readonly sentence: string;
  readonly body: (review: ReviewBody) => string | Buffer;
  /** Large enough to hold up an event loop that is careless with it. */
  readonly heavy?: true;
}

export interface ReviewBody {
  readonly request: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

/** A string that stands in many rows: no answer may give it back. */
export const CANARY = 'canary-5f1d';

type Change = (review: ReviewBody) => unknown;

const changed = (sentence: string, change: Change): BadBody => ({
  sentence,
  body: (review) => JSON.stringify(change(review)),
});

const inRequest = (sentence: string, fields: Readonly<Record<string, unknown>>): BadBody =>
  changed(sentence, (review) => ({ ...review, request: { ...review.request, ...fields } }));

const withoutField = (sentence: string, field: string): BadBody =>
  changed(sentence, (review) => ({
    ...review,
    request: Object.fromEntries(Object.entries(review.request).filter(([key]) => key !== field)),
  }));

/** Envelopes that are not, or do not add up to, one request of an API server. */
export const BAD_ENVELOPES: readonly BadBody[] = [
  { sentence: 'nothing', body: () => '' },
  { sentence: 'an empty object', body: () => '{}' },
  { sentence: 'null', body: () => 'null' },
  { sentence: 'an array', body: () => '[]' },
  { sentence: 'a number', body: () => '1' },
  { sentence: 'a string', body: () => JSON.stringify(CANARY) },
  { sentence: 'an array of reviews', body: (review) => JSON.stringify([review, review]) },
  changed('no request', ({ request, ...rest }) => rest),
  changed('a request that is null', (review) => ({ ...review, request: null })),
  changed('a request that is a list', (review) => ({ ...review, request: [review.request] })),
  withoutField('no uid', 'uid'),
  inRequest('an empty uid', { uid: '' }),
  inRequest('a uid that is an object', { uid: { toString: CANARY } }),
  inRequest('a uid of a megabyte', { uid: CANARY.repeat(100_000) }),
  changed('v1beta1', (review) => ({ ...review, apiVersion: 'admission.k8s.io/v1beta1' })),
  changed('another kind', (review) => ({ ...review, kind: `AdmissionReview${CANARY}` })),
  changed('no kind', ({ kind, ...rest }) => rest),
  changed('a response beside the request', (review) => ({
    ...review,
    response: { uid: review.request['uid'], allowed: true },
  })),
  changed('a response and no request', ({ request, ...rest }) => ({
    ...rest,
    response: { uid: request['uid'], allowed: true },
  })),
  changed('allowed, wherever somebody might look for it', (review) => ({
    ...review,
    allowed: true,
    status: { allowed: true, state: 'Approved' },
    request: { ...review.request, allowed: true },
  })),
  withoutField('no operation', 'operation'),
  inRequest('a lower-case operation', { operation: 'connect' }),
  inRequest('an operation of no Kubernetes', { operation: CANARY }),
  inRequest('every operation', { operation: '*' }),
  withoutField('no resource', 'resource'),
  withoutField('no kind of the object', 'kind'),
  inRequest('a resource that is a string', { resource: 'pods' }),
  withoutField('no user', 'userInfo'),
  inRequest('a user without a name', { userInfo: { groups: ['system:masters'] } }),
  inRequest('a user with an empty name', { userInfo: { username: '', groups: ['system:masters'] } }),
  inRequest('groups that are a string', { userInfo: { username: 'mallory', groups: 'system:masters' } }),
  inRequest('extra whose key is an attack on a terminal', {
    userInfo: { username: 'mallory', groups: [], extra: { [`\u001B]0;${CANARY}\u0007`]: 'no list' } },
  }),
  inRequest('an object that is a list', { object: [CANARY] }),
  inRequest('an object that is text', { object: CANARY }),
  inRequest('an object of another namespace', { object: { metadata: { namespace: `other-${CANARY}` } } }),
  inRequest('a dryRun that is a word', { dryRun: 'true' }),
  inRequest('a name that is a number', { name: 7 }),
  inRequest('a subresource that is a list', { subResource: ['exec'] }),
];

/** Good only for a CONNECT review: what contradicts that operation. */
export const BAD_CONNECTS: readonly BadBody[] = [
  inRequest('CONNECT with what belongs to DELETE', { object: null, oldObject: { metadata: { name: 'web-0' } } }),
  inRequest('CONNECT to nothing', { name: '' }),
  withoutField('CONNECT without a name', 'name'),
  inRequest('CONNECT without a subresource', { subResource: '' }),
  inRequest('a CONNECT that is a dry run', { dryRun: true }),
  inRequest('CONNECT with an option of a later Kubernetes', {
    object: {
      kind: 'PodExecOptions',
      apiVersion: 'v1',
      stdout: true,
      command: ['ls'],
      env: [{ name: 'A', value: 'B' }],
    },
  }),
  inRequest('CONNECT by a cluster administrator', {
    userInfo: { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] },
  }),
  inRequest('CONNECT by Sallyport itself', {
    userInfo: { username: 'system:serviceaccount:sallyport-system:sallyport', groups: ['system:serviceaccounts'] },
  }),
  inRequest('CONNECT by the API server', { userInfo: { username: 'system:apiserver', groups: ['system:masters'] } }),
  inRequest('CONNECT by a node', { userInfo: { username: 'system:node:n1', groups: ['system:nodes'] } }),
];

const around = (sentence: string, from: string | RegExp, to: string): BadBody => ({
  sentence,
  body: (review) => JSON.stringify(review).replace(from, to),
});

/** In place of the object, as text that JSON.stringify would not write. */
const objectText = (sentence: string, text: () => string, heavy?: true): BadBody => ({
  sentence,
  ...(heavy === undefined ? {} : { heavy }),
  body: (review) =>
    JSON.stringify({ ...review, request: { ...review.request, object: '@@' } }).replace('"@@"', () => text()),
});

const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

/** JSON that two parsers read differently, or that costs more than it looks. */
export const BAD_JSON: readonly BadBody[] = [
  around('text that ends early', /.{20}$/s, ''),
  around('bytes behind the end', /$/, ` ${CANARY}`),
  around('two reviews', /$/, '{}'),
  { sentence: 'a byte order mark', body: (review) => `\uFEFF${JSON.stringify(review)}` },
  around('a comment', '{', `{/* ${CANARY} */`),
  around('a trailing comma', /\}$/, ',}'),
  around('single quotes', /"/g, "'"),
  around('the request twice', '"request":', '"request":{"operation":"DELETE"},"request":'),
  around('the operation twice, harmless first', '"operation":', '"operation":"DELETE","operation":'),
  around('the operation twice, harmless last', /("operation":"[A-Z]+")/, '$1,"operation":"DELETE"'),
  around('the operation twice, once escaped', '"operation":', String.raw`"oper\u0061tion":"DELETE","operation":`),
  around('dryRun twice', /"dryRun":false/, '"dryRun":false,"dryRun":true'),
  around('the user twice', '"userInfo":', '"userInfo":{"username":"system:apiserver"},"userInfo":'),
  around('the namespace twice', '"namespace":', '"namespace":"kube-system","namespace":'),
  objectText('a key twice in the object', () => '{"command":["ls"],"command":["rm"]}'),
  objectText('a key twice, far down', () => '{"a":[{"b":{"c":1,"c":2}}]}'),
  objectText('an integer beyond 2^53', () => '{"a":9007199254740993}'),
  objectText('a number beyond a double', () => '{"a":1e999}'),
  objectText('a number beyond a double, below', () => '{"a":-1e999}'),
  objectText('NaN', () => '{"a":NaN}'),
  objectText('Infinity', () => '{"a":Infinity}'),
  objectText('a number in hex', () => '{"a":0x10}'),
  objectText('half a surrogate pair', () => String.raw`{"a":"\ud800"}`),
  objectText('half a surrogate pair as a key', () => String.raw`{"\udfff":1}`),
  objectText('a bare control character', () => '{"a":"\u0001"}'),
  objectText('4,999 levels', () => nested(4_999), true),
  objectText('9,999 levels', () => nested(9_999), true),
  objectText('10,001 levels', () => nested(10_001), true),
  objectText('300,000 levels of lists', () => `${'['.repeat(300_000)}${']'.repeat(300_000)}`, true),
  objectText('500,001 tiny objects', () => `{"a":[${'{},'.repeat(500_001)}{}]}`, true),
  objectText('2,000,000 numbers', () => `{"a":[${'1,'.repeat(2_000_000)}1]}`, true),
  objectText('a body larger than any review', () => `{"a":"${'x'.repeat(8 * 1024 * 1024)}"}`, true),
  { sentence: 'invalid UTF-8', body: (review) => bytesIn(review, Buffer.from([0xc3, 0x28])) },
  { sentence: 'overlong UTF-8', body: (review) => bytesIn(review, Buffer.from([0xc0, 0xaf])) },
  { sentence: 'a surrogate in UTF-8', body: (review) => bytesIn(review, Buffer.from([0xed, 0xa0, 0x80])) },
  { sentence: 'zero bytes', body: () => Buffer.alloc(64) },
  {
    sentence: 'gzip',
    body: () => Buffer.from('1f8b0800000000000003ab562aca2f2c4d2d2e51b2aa05007a4b7f9e0e000000', 'hex'),
  },
];

/** Odd, and yet JSON and a review: judged as the action that it is, so denied while that action is gated. */
export const ODD_BODIES: readonly BadBody[] = [
  around(
    'a prototype that says dryRun',
    /"dryRun":false/,
    '"__proto__":{"dryRun":true},"constructor":{"prototype":{"dryRun":true}}',
  ),
  around('a prototype of the envelope', '{', '{"__proto__":{"allowed":true,"dryRun":true,"response":null},'),
  around(
    'the operation in capitals beside it',
    '"operation":',
    '"Operation":"DELETE","OPERATION":"DELETE","operation":',
  ),
  around('DryRun beside dryRun', '"dryRun":', '"DryRun":true,"dryrun":true,"dryRun":'),
  around('the user in capitals beside them', '"userInfo":', '"UserInfo":{"username":"system:apiserver"},"userInfo":'),
  objectText('minus zero', () => '{"stdout":true,"command":["ls"],"stdin":-0}'),
  objectText('a __proto__ in the object', () => '{"__proto__":{"approved":true},"command":["ls"]}'),
  objectText('300,000 keys', () => `{${keys(300_000)}}`, true),
  objectText('a string of 6 MB', () => `{"a":"${'x'.repeat(6 * 1024 * 1024)}"}`, true),
  objectText(
    '6 MB of backslashes in a string',
    () => String.raw`{"a":"${String.raw`\\`.repeat(3 * 1024 * 1024)}"}`,
    true,
  ),
  objectText('6 MB of spaces before a colon', () => `{"a"${' '.repeat(6 * 1024 * 1024)}:1}`, true),
  objectText('6 MB of digits', () => `{"a":0.${'1'.repeat(6 * 1024 * 1024)}}`, true),
  objectText('400,000 strings that look like half pairs', () => `{"a":[${'"\\\\ud800",'.repeat(400_000)}1]}`, true),
];

function keys(count: number): string {
  return Array.from({ length: count }, (_, index) => `"k${index}":1`).join(',');
}

function bytesIn(review: ReviewBody, bytes: Buffer): Buffer {
  const text = JSON.stringify({ ...review, request: { ...review.request, object: { a: '@@' } } });
  const at = text.indexOf('@@');
  return Buffer.concat([Buffer.from(text.slice(0, at)), bytes, Buffer.from(text.slice(at + 2))]);
}
