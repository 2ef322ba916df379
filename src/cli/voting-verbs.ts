import { Argument, type Command } from 'commander';
import type { VoteDecision } from '../core/api/kinds.ts';
import { approve } from './approve.ts';
import { castVote } from './cast-vote.ts';
import { usageError } from './cli-error.ts';
import type { CliDeps } from './deps.ts';
import { parseDigest, parseReason } from './parse-options.ts';
import { reason } from './reason.ts';
import { named, withClient } from './verb.ts';

interface VotingVerb {
  readonly verb: string;
  readonly decision: VoteDecision;
  readonly description: string;
  /** A reason is for somebody: where they would otherwise ask, it must be given. */
  readonly reason: { readonly required: boolean; readonly description: string };
}

const WHY = { required: true, description: 'why' } as const;

/** The verbs that do nothing but vote; what a vote does is said by its decision. */
const VERBS: readonly VotingVerb[] = [
  // First denial ends a request (R24).
  { verb: 'deny', decision: 'Deny', description: 'refuse a request', reason: WHY },
  {
    verb: 'cancel',
    decision: 'Cancel',
    description: 'take back a request of your own',
    reason: { ...WHY, required: false },
  },
  // Or ends a request that waits for an approval. What has run already is not undone.
  { verb: 'revoke', decision: 'Revoke', description: 'take back an approval that is not used up yet', reason: WHY },
  {
    verb: 'break-glass',
    decision: 'BreakGlass',
    description: 'go ahead with a request of your own without approval, where its policies let you',
    reason: WHY,
  },
  // It changes no state, and comes after the end too.
  {
    verb: 'acknowledge',
    decision: 'Acknowledge',
    description: 'say that you have looked at a break-glass use',
    reason: { required: false, description: 'what you found' },
  },
];

export function addVotingVerbs(program: Command, deps: CliDeps): void {
  addReasonVerb(program, deps);
  addApproveVerb(program, deps);
  for (const { verb, decision, description, reason: why } of VERBS) {
    const command = named(program, verb, description);
    const flag = ['-r, --reason <text>', why.description, parseReason] as const;
    (why.required ? command.requiredOption(...flag) : command.option(...flag)).action(
      async (name: string, options: { reason?: string }, called: Command) => {
        await withClient(called, deps, (context, { output }) =>
          castVote(context, name, decision, { ...options, output }),
        );
      },
    );
  }
}

function addReasonVerb(program: Command, deps: CliDeps): void {
  named(program, 'reason', 'say why you ask, once, while it is pending')
    .addArgument(new Argument('[text]', 'why').argParser(parseReason))
    .option('-r, --reason <text>', 'why, as with the other verbs', parseReason)
    .action(async (name: string, given: string | undefined, options: { reason?: string }, command: Command) => {
      const text = options.reason ?? given;
      if (text === undefined || (given !== undefined && options.reason !== undefined))
        throw usageError('say why, once: kubectl sallyport reason NAME "…"');
      await withClient(command, deps, (context, { output }) => reason(context, name, text, { output }));
    });
}

function addApproveVerb(program: Command, deps: CliDeps): void {
  named(program, 'approve', 'approve a request')
    .option('-r, --reason <text>', 'why', parseReason)
    .option('-y, --yes', 'do not ask', false)
    .option('--digest <sha256>', 'approve only what has this digest', parseDigest)
    .action(async (name: string, options: { reason?: string; yes: boolean; digest?: string }, command: Command) => {
      await withClient(command, deps, (context, { output }) => approve(context, name, { ...options, output }));
    });
}
