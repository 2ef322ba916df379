/** What a condition may name. */
export type VariableName = 'request' | 'object' | 'oldObject' | 'namespaceObject' | 'exec';

/**
 * The fields of `request` in Kubernetes admission CEL
 * (staging/src/k8s.io/apiserver/pkg/admission/plugin/cel/compile.go, BuildRequestType).
 */
export const REQUEST_FIELDS: ReadonlySet<string> = new Set([
  'kind',
  'resource',
  'subResource',
  'requestKind',
  'requestResource',
  'requestSubResource',
  'name',
  'namespace',
  'operation',
  'userInfo',
  'dryRun',
  'options',
]);

/**
 * What may follow a declared path: a typing error such as `request.userinfo` is then refused when the policy is
 * applied, and does not become an evaluation error in the middle of somebody's deployment.
 */
export const DECLARED_FIELDS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['request', REQUEST_FIELDS],
  ['request.kind', new Set(['group', 'version', 'kind'])],
  ['request.requestKind', new Set(['group', 'version', 'kind'])],
  ['request.resource', new Set(['group', 'version', 'resource'])],
  ['request.requestResource', new Set(['group', 'version', 'resource'])],
  ['request.userInfo', new Set(['username', 'uid', 'groups', 'extra'])],
  ['exec', new Set(['container', 'command', 'tty', 'stdin', 'stdout', 'stderr'])],
]);

export const VARIABLES: ReadonlySet<string> = new Set<VariableName>([
  'request',
  'object',
  'oldObject',
  'namespaceObject',
  'exec',
]);

/** Loops: their first argument names a variable, their receiver is what they iterate over. */
export const COMPREHENSIONS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/** Functions that we take from the engine as they are. What is not listed here or below does not exist for a policy. */
export const ENGINE_FUNCTIONS: ReadonlySet<string> = new Set([
  'has',
  'size',
  'type',
  'dyn',
  'bool',
  'int',
  'uint',
  'double',
  'string',
  'timestamp',
  'duration',
  'startsWith',
  'endsWith',
  'trim',
  'substring',
  'hasValue',
  'value',
  'or',
  'orValue',
  'none',
  'of',
]);

/**
 * Functions that we replace. The engine refuses a second definition of a name, so a call is renamed in the syntax
 * tree after parsing; the new names cannot be written in a policy.
 */
export const REPLACED_FUNCTIONS: ReadonlyMap<string, string> = new Map([
  ['matches', 'sallyport_matches'],
  ['lowerAscii', 'sallyport_lowerAscii'],
  ['upperAscii', 'sallyport_upperAscii'],
  ['split', 'sallyport_split'],
  ['join', 'sallyport_join'],
  ['replace', 'sallyport_replace'],
  ['charAt', 'sallyport_charAt'],
  ['contains', 'sallyport_contains'],
  ['indexOf', 'sallyport_indexOf'],
  ['lastIndexOf', 'sallyport_lastIndexOf'],
]);

/** Functions that read their whole receiver. */
export const LINEAR_FUNCTIONS: ReadonlySet<string> = new Set([
  'size',
  'trim',
  'string',
  ...REPLACED_FUNCTIONS.values(),
]);

/** Functions that look for their first argument in their receiver. */
export const SEARCHES: ReadonlySet<string> = new Set([
  'sallyport_contains',
  'sallyport_indexOf',
  'sallyport_lastIndexOf',
  'sallyport_split',
  'sallyport_replace',
]);
