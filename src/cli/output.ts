import { GROUP } from '../core/api/group.ts';
import type { ApprovalRequest, ApprovalVote } from '../core/api/kinds.ts';
import { printable } from '../core/attributes/printable.ts';
import type { Streams } from './context.ts';
import { toJson, toYaml } from '../core/notice/structured-output.ts';

/** `-o`. Without it: text for people. */
export const OUTPUTS = ['json', 'yaml', 'name', 'wide'] as const;
export type Output = (typeof OUTPUTS)[number];

export function printObject(
  streams: Streams,
  object: ApprovalRequest | ApprovalVote,
  output: Exclude<Output, 'wide'>,
): void {
  switch (output) {
    case 'json':
      streams.stdout(toJson(object));
      return;
    case 'yaml':
      streams.stdout(toYaml(object));
      return;
    case 'name':
      streams.stdout(`${objectName(object)}\n`);
      return;
  }
}

/** One as it is, several as a List: as kubectl prints what it made. */
export function printObjects(
  streams: Streams,
  objects: readonly ApprovalRequest[],
  output: Exclude<Output, 'wide'>,
): void {
  const [only, ...others] = objects;
  if (output === 'name') streams.stdout(objects.map((object) => `${objectName(object)}\n`).join(''));
  else if (only !== undefined && others.length === 0) printObject(streams, only, output);
  else streams.stdout(output === 'json' ? toJson(asList(objects)) : toYaml(asList(objects)));
}

/** As `kubectl get -o json` wraps what it found. */
export function asList(items: readonly object[]): object {
  return { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '' }, items };
}

/** `approvalrequest.sallyport.dev/NAME`, as kubectl's `-o name`. */
export function objectName({ kind, metadata }: ApprovalRequest | ApprovalVote): string {
  return printable(`${kind.toLowerCase()}.${GROUP}/${metadata.name ?? ''}`);
}
