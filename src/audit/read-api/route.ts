import { BACKTESTS } from '../../core/backtest/backtest-call.ts';
import { EVIDENCE_API_VERSION, EVIDENCE_GROUP, RECORDS } from '../../core/evidence/record-object.ts';

/** What a path of ours asks for. */
export type Route =
  | { readonly to: 'Apis' | 'Group' | 'Version' | 'OpenApiV2' | 'OpenApiV3' | 'OpenApiV3Paths' }
  | {
      readonly to: 'Records';
      /** Absent: of all namespaces, and of what has none. */
      readonly namespace?: string;
      readonly name?: string;
    }
  | {
      readonly to: 'Backtests';
      /** Absent: of all namespaces. */
      readonly namespace?: string;
    };

const VERSION_PATH = `/apis/${EVIDENCE_API_VERSION}`;

/** A DNS label, as the API server wants namespaces; nothing else reaches a question to the authorizers. */
const NAMESPACE = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const NAME = /^[a-z0-9](?:[-a-z0-9]{0,251}[a-z0-9])?$/;

/** @returns undefined for what there is not */
export function routeOf(path: string): Route | undefined {
  switch (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path) {
    case '/apis':
      return { to: 'Apis' };
    case `/apis/${EVIDENCE_GROUP}`:
      return { to: 'Group' };
    case VERSION_PATH:
      return { to: 'Version' };
    case '/openapi/v2':
      return { to: 'OpenApiV2' };
    case '/openapi/v3':
      return { to: 'OpenApiV3Paths' };
    case `/openapi/v3${VERSION_PATH}`:
      return { to: 'OpenApiV3' };
    default:
      return path.startsWith(`${VERSION_PATH}/`)
        ? recordsRoute(path.slice(VERSION_PATH.length + 1).split('/'))
        : undefined;
  }
}

function recordsRoute(parts: readonly string[]): Route | undefined {
  if (parts[0] === 'namespaces') {
    const [, namespace = '', resource, name, ...more] = parts;
    if (more.length > 0 || !NAMESPACE.test(namespace)) return undefined;
    if (resource === BACKTESTS) return name === undefined ? { to: 'Backtests', namespace } : undefined;
    return resource === RECORDS ? withName({ to: 'Records', namespace }, name) : undefined;
  }
  const [resource, name, ...more] = parts;
  if (resource === BACKTESTS) return name === undefined ? { to: 'Backtests' } : undefined;
  return resource === RECORDS && more.length === 0 ? withName({ to: 'Records' }, name) : undefined;
}

function withName(route: Extract<Route, { to: 'Records' }>, name: string | undefined): Route | undefined {
  if (name === undefined) return route;
  return NAME.test(name) ? { ...route, name } : undefined;
}
