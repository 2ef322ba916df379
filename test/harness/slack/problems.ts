import { blocksProblem, type Blocks, modalProblem } from './block-kit.ts';
import { markup, mrkdwnOf } from './seen.ts';

/** What Slack would refuse of a message, or make more of than text. Empty where there is nothing. */
export function messageProblems(message: { readonly text: string; readonly blocks: readonly unknown[] }): string[] {
  const problem = blocksProblem(message.blocks, 'message');
  if (problem !== undefined) return [problem];
  return mrkdwnOf({ text: message.text, blocks: message.blocks as Blocks }).flatMap(markup);
}

export function viewProblems(view: { readonly blocks: readonly unknown[] }): string[] {
  const problem = modalProblem(view);
  if (problem !== undefined) return [problem];
  return mrkdwnOf({ text: '', blocks: view.blocks as Blocks }).flatMap(markup);
}
