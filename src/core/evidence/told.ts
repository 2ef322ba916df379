import type { Entry } from './entry.ts';
import type { EvidenceRecord } from './evidence-record.ts';

/** A reason may be 2,048 characters: here a line is for a glance. */
const REASON_CHARACTERS = 80;

/** A record in words, raw: what somebody did is not shortened but for reasons. */
export interface Told {
  readonly what: string;
  readonly detail: string;
  /** Of an alarm: ids of the records that prove it. */
  readonly evidence?: readonly string[];
}

export function told(record: EvidenceRecord): Told {
  switch (record.kind) {
    case 'Decision': {
      const { verdict, code, operation, resource, name = '', namespace } = record.data;
      const target = [`${operation} ${resource}`, namespace === undefined ? name : `${namespace}/${name}`]
        .join(' ')
        .trim();
      const dry = record.data.dryRun ? ', dry run' : '';
      return { what: WORDS[verdict], detail: `${target} (${code}${dry})` };
    }
    case 'Request': {
      const { state, reason, because, policies } = record.data;
      const why = state === 'Pending' ? quoted(reason) : quoted(because);
      const under = state === 'Pending' ? `under ${policies.join(', ')}` : '';
      return {
        what: `request ${state}${unsealed(record.data)}`,
        detail: [under, why].filter((part) => part !== '').join(' '),
      };
    }
    case 'Vote': {
      const { decision, via, reason } = record.data;
      const by = via === undefined ? '' : `by ${via}`;
      return {
        what: `vote ${decision}${unsealed(record.data)}`,
        detail: [by, quoted(reason)].filter((part) => part !== '').join(' '),
      };
    }
    case 'Use':
      return { what: `approval used${unsealed(record.data)}`, detail: '' };
    case 'GivenBack':
      return { what: 'use given back', detail: `the API server answered ${record.data.code}` };
    case 'AuditEvent': {
      const { verb, objectRef, stage, responseStatus } = record.data;
      const resource = [objectRef?.resource, objectRef?.subresource].filter((part) => part !== undefined).join('/');
      const code = responseStatus?.code === undefined ? '' : `${responseStatus.code} `;
      return {
        what: `API server ${code}${STAGES[stage]}`,
        detail: `${verb} ${resource} ${objectRef?.name ?? ''}`.trim(),
      };
    }
    case 'Alarm': {
      const { alarm, message, evidence } = record.data;
      return { what: `ALARM ${alarm}`, detail: message, evidence };
    }
    case 'Policy':
      return { what: `policy ${record.data.change}`, detail: record.data.name };
    case 'Segment':
      return { what: record.kind, detail: record.id };
  }
}

const WORDS = { Allowed: 'allowed', Denied: 'refused', Asked: 'asked' } as const;

const STAGES = {
  RequestReceived: 'received',
  ResponseStarted: 'began',
  ResponseComplete: 'complete',
  Panic: 'panicked',
} as const;

/** R15: nothing goes by what does not carry our seal, and whoever reads it here must see that. */
function unsealed({ unsealed: is }: { readonly unsealed?: true }): string {
  return is === true ? ' (NOT GENUINE)' : '';
}

function quoted(text: string | undefined): string {
  if (text === undefined || text === '') return '';
  const short = Array.from(text).slice(0, REASON_CHARACTERS).join('');
  return JSON.stringify(short.length < text.length ? `${short}…` : text);
}

/** Decisions that let something through and that no event is joined with. */
export function unheardOf(entries: readonly Pick<Entry, 'kind' | 'decision'>[]): readonly string[] {
  const heard = new Set(entries.flatMap(({ kind, decision }) => (kind === 'AuditEvent' ? [decision] : [])));
  const used = entries.flatMap(({ kind, decision }) => (kind === 'Use' && decision !== undefined ? [decision] : []));
  return [...new Set(used)].filter((decision) => !heard.has(decision));
}
