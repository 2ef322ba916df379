import { printable } from '../../core/attributes/printable.ts';
import { awaitsSeals } from './awaits-seals.ts';
import type { Finding } from './finding.ts';
import type { Verdict } from './verify-ledger.ts';

/** Findings are shown up to here; behind the first they mostly follow from it. */
const MOST_FINDINGS = 20;

/** For people, with a newline at its end. */
export function verdictText(verdict: Verdict): string {
  const { ledger, records, segments, sealed, pruned, last, checkpoint, signedBy, pinned, findings } = verdict;
  const from = pruned.length === 0 ? '' : `, ${pruned.length} taken away by retention (their seals are here)`;
  const lines = [
    `ledger      ${ledger ?? 'unknown'}`,
    `records     ${records} in ${segments} segments (${sealed} seals${from})`,
    ...(last === undefined ? [] : [`last        ${last.seq}, written ${last.time}`, `            ${last.hash}`]),
    checkpoint === undefined ? 'checkpoint  none' : `checkpoint  record ${checkpoint.seq} at ${checkpoint.time}`,
    ...verdict.against.map(({ file, seq, time }) => `against     record ${seq} at ${time}, by ${file}`),
    ...signedBy.map((key) => `signed by   ${key}`),
    ...(pinned ? [] : ['            believed because it stands beside the segments: pin it with --key']),
    '',
    ...findings.slice(0, MOST_FINDINGS).map(findingText),
    ...(findings.length > MOST_FINDINGS ? [`and ${findings.length - MOST_FINDINGS} more`] : []),
    conclusion(verdict),
  ];
  // Names of files and what stands in them were made by whoever can write there.
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function conclusion(verdict: Verdict): string {
  if (verdict.whole) return 'WHOLE';
  const { length } = verdict.findings;
  if (awaitsSeals(verdict)) return `NOT SEALED YET: ${length} of the newest segments; nothing else is wrong`;
  return `NOT WHOLE: ${length === 1 ? '1 finding' : `${length} findings`}`;
}

function findingText({ kind, file, seq, offset, message }: Finding): string {
  const place = [
    file,
    ...(seq === undefined ? [] : [`record ${seq}`]),
    ...(offset === undefined ? [] : [`byte ${offset}`]),
  ];
  return `${kind.padEnd(13)} ${place.join(', ')}: ${message}`;
}
