import type { ApprovalRequest } from '../core/api/kinds.ts';
import { isUnacknowledged } from '../core/approval/break-glass.ts';
import type { VerbContext } from './context.ts';
import { type Output, objectName } from './output.ts';
import { inReadingOrder, isOpen, requestTable } from './request-table.ts';
import { listRequests } from './requests.ts';
import { toJson, toYaml } from '../core/notice/structured-output.ts';

export interface ListOptions {
  readonly output: Output | undefined;
  readonly allNamespaces: boolean;
  /** Also those that have ended. */
  readonly all: boolean;
  /** Only break-glass uses that nobody has acknowledged, ended or not. */
  readonly unacknowledged: boolean;
}

export async function list({ client, clock, streams, namespace }: VerbContext, options: ListOptions): Promise<void> {
  const found = await listRequests(client, options.allNamespaces ? undefined : namespace);
  const requests = inReadingOrder(found.filter((request) => isWanted(request, options)));
  switch (options.output) {
    case 'json':
      streams.stdout(toJson(asList(requests)));
      return;
    case 'yaml':
      streams.stdout(toYaml(asList(requests)));
      return;
    case 'name':
      streams.stdout(requests.map((request) => `${objectName(request)}\n`).join(''));
      return;
    case 'wide':
    case undefined:
      break;
  }
  if (requests.length === 0 && options.unacknowledged) {
    streams.stderr('No unacknowledged break-glass uses.\n');
    return;
  }
  if (requests.length === 0) {
    const where = options.allNamespaces ? '' : ` in namespace ${namespace}`;
    streams.stderr(`No ${options.all ? '' : 'open '}approval requests${where}.${hint(options, found.length)}\n`);
    return;
  }
  streams.stdout(
    requestTable(requests, { namespaces: options.allNamespaces, wide: options.output === 'wide' }, clock.now()),
  );
}

function isWanted(request: ApprovalRequest, { all, unacknowledged }: ListOptions): boolean {
  if (unacknowledged) return isUnacknowledged(request.status);
  return all || isOpen(request);
}

function hint(options: ListOptions, ended: number): string {
  if (ended > 0) return ` ${ended} ended: --all shows them.`;
  return options.allNamespaces ? '' : ' -A looks in all namespaces.';
}

/** As `kubectl get -o json` wraps what it found. */
function asList(items: readonly object[]): object {
  return { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '' }, items };
}
