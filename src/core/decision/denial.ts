import { approverName } from '../approval/person.ts';
import { openStage, progressOf } from '../approval/stages.ts';
import type { Approver, PolicyTerms, StageProgress, Summary } from '../api/kinds.ts';
import { printable } from '../attributes/printable.ts';

/** The stable tail of a denial: kubectl and MCP servers pass on the line and nothing else. */
export interface DenialTail {
  readonly code: string;
  /** namespace/name of the ApprovalRequest. */
  readonly request?: string;
  /** Whether running the same command again can succeed. */
  readonly retry: boolean;
  /** RFC 3339. */
  readonly expires?: string;
}

/** DESIGN §3: human first, stable tail. What the text quotes (a command, a reason) cannot start a tail of its own. */
export function renderDenial(text: string, tail: DenialTail): string {
  const fields = [
    `code=${tail.code}`,
    ...(tail.request === undefined ? [] : [`request=${tail.request}`]),
    `retry=${tail.retry}`,
    ...(tail.expires === undefined ? [] : [`expires=${tail.expires}`]),
  ];
  const human = printable(text).replaceAll('[sallyport', String.raw`\u{5b}sallyport`);
  return `${human} [sallyport ${fields.join(' ')}]`;
}

/** Linear: fields end at a space, and hold no bracket. Messages come from anywhere. */
const TAIL = /\[sallyport ((?:[a-z]+=[^\s[\]]+ )*[a-z]+=[^\s[\]]+)\]/g;

/** The last tail of a message that may have been wrapped by a client; undefined where there is none. */
export function parseDenial(message: string): DenialTail | undefined {
  const found = [...message.matchAll(TAIL)].at(-1)?.[1];
  if (found === undefined) return undefined;
  const fields = new Map(
    found.split(' ').map((field): [string, string] => {
      const at = field.indexOf('=');
      return [field.slice(0, at), field.slice(at + 1)];
    }),
  );
  const code = fields.get('code');
  if (code === undefined) return undefined;
  const request = fields.get('request');
  const expires = fields.get('expires');
  return {
    code,
    retry: fields.get('retry') === 'true',
    ...(request === undefined ? {} : { request }),
    ...(expires === undefined ? {} : { expires }),
  };
}

/** `exec ls into prod/web-0` in words; the namespace is the target's own. */
export function whatIsAsked(summary: Summary, namespace: string | undefined): string {
  return `${summary.action} on ${namespace === undefined ? '' : `${namespace}/`}${summary.target}`;
}

/**
 * `1 of group sre, then 2 of group leads`: what is still missing. With several policies each says for which it is:
 * `1 of group sre (policy exec-prod) and 1 of group sec (policy secrets)`.
 */
export function whoIsMissing(policies: readonly PolicyTerms[], progress: readonly StageProgress[]): string {
  const policiesByText = new Map<string, string[]>();
  for (const policy of policies) {
    const text = missingOf(policy, progress);
    if (text !== undefined) policiesByText.set(text, [...(policiesByText.get(text) ?? []), policy.name]);
  }
  const missing = [...policiesByText].map(([text, of]) =>
    policies.length > 1 ? `${text} (${policyNames(of)})` : text,
  );
  return missing.join(' and ') || 'nobody';
}

function missingOf(policy: PolicyTerms, progress: readonly StageProgress[]): string | undefined {
  const open = openStage(policy, progress);
  if (open === undefined) return undefined;
  return policy.terms.stages
    .slice(policy.terms.stages.indexOf(open))
    .map((stage) => {
      const entry = progressOf(policy, stage, progress);
      const escalated = entry?.escalatedAt === undefined ? [] : (stage.escalateTo ?? []);
      return `${stage.required - (entry?.approved ?? 0)} of ${names(stage.approvers)}${escalated.length === 0 ? '' : ` or ${names(escalated)}`}`;
    })
    .join(', then ');
}

function policyNames(policies: readonly string[]): string {
  return `${policies.length > 1 ? 'policies' : 'policy'} ${policies.join(', ')}`;
}

/** A message is read by a person: who is missing beyond these few stands in the policy. */
const NAMED = 5;

function names(approvers: readonly Approver[]): string {
  const some = approvers.slice(0, NAMED).map(approverName).join(', ');
  return approvers.length > NAMED ? `${some} and ${approvers.length - NAMED} others` : some;
}
