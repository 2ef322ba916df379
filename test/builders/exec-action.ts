import type { Action } from '../../src/core/api/kinds.ts';

/** A command in prod/web-0, as a person writes it into a request: without what Sallyport adds. */
export function writtenExec(command: readonly string[], namespace = 'prod'): Action {
  return {
    operation: 'CONNECT',
    version: 'v1',
    resource: 'pods',
    subresource: 'exec',
    namespace,
    name: 'web-0',
    exec: { command: [...command] },
  };
}

/** A command in prod/web-0, as a request says it; only the uid of the pod is left out. */
export function execAction(command: readonly string[], exec: Partial<NonNullable<Action['exec']>> = {}): Action {
  return {
    ...writtenExec(command),
    group: '',
    exec: {
      container: 'app',
      command: [...command],
      stdin: false,
      stdout: true,
      stderr: true,
      tty: false,
      ...exec,
    },
  };
}
