import { CliError, CommandEndedError, usageError } from './cli-error.ts';
import type { VerbContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import { type ExplainedAction, explainAction } from './explain-action.ts';
import { explainReport } from './explain-report.ts';
import { readWorld } from './explain-world.ts';
import { readManifest } from './manifest.ts';
import type { Output } from './output.ts';
import { toJson, toYaml } from '../core/notice/structured-output.ts';
import { writeAttributes } from './write-attributes.ts';

export interface ExplainOutput {
  readonly output: Output | undefined;
}

export interface ExplainOptions extends ExplainOutput {
  readonly file: string;
}

/** Says of each object of a file whether its creation, or the change to what there is, needs approval. Asks nobody. */
export async function explain(context: VerbContext, { file, output }: ExplainOptions): Promise<void> {
  const objects = await readManifest(file);
  if (objects.length === 0) throw new CliError(EXIT.usage, `${file} holds no object`);
  const world = await readWorld(context.client);
  const explained: ExplainedAction[] = [];
  for (const object of objects) {
    const attributes = await writeAttributes(context, world.user, object);
    const namespace = attributes.namespace === undefined ? null : await world.namespace(attributes.namespace);
    explained.push(explainAction(attributes, world.policies, namespace, world.people));
  }
  reportAll(context, explained, { output });
}

/** @throws CommandEndedError where something needs approval, or would be refused */
export function reportAll(
  { streams, paint }: Pick<VerbContext, 'streams' | 'paint'>,
  explained: readonly ExplainedAction[],
  { output }: ExplainOutput,
): void {
  switch (output) {
    case 'json':
    case 'yaml': {
      const items = explained.map(({ policies, requester, verdict }) => ({ requester, verdict, policies }));
      streams.stdout(output === 'json' ? toJson(items) : toYaml(items));
      break;
    }
    case 'name':
    case 'wide':
      throw usageError(`there is no -o ${output} for this`);
    case undefined:
      streams.stdout(explained.map((each) => explainReport(each, paint)).join('\n'));
  }
  if (explained.some(({ verdict }) => verdict.type !== 'Free')) throw new CommandEndedError(EXIT.approvalNeeded);
}
