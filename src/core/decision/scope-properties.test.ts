import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import { approvedStatus, requestFor } from '../../../test/builders/approval-request.ts';
import { execAttributes } from '../../../test/builders/attributes.ts';
import { decideIn, gatedOf, NOW } from '../../../test/builders/decision-world.ts';
import { unboundedCommand } from '../attributes/unbounded-command.ts';

const word = fc.constantFrom('ls', '-l', 'ls -l', '', 'sh', 'env', 'A=1', '/bin/sh', 'cat');
const command = fc.array(word, { minLength: 1, maxLength: 4 });
const exec = (words: readonly string[], stdin: boolean, container: string) =>
  execAttributes({}, { command: [...words], stdin, container });

test('whatever was approved: an exec is allowed only if its words begin so, in that container, and nobody types', () => {
  fc.assert(
    fc.property(
      command,
      command,
      fc.boolean(),
      fc.constantFrom('app', 'side'),
      fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
      (asked, done, stdin, container, commandPrefix) => {
        const grant = { binding: 'Scope' as const, ...(commandPrefix === undefined ? {} : { commandPrefix }) };
        const policies = [approvalPolicy({ grant })];
        const gated = gatedOf(exec(asked, false, 'app'), policies);
        const request = requestFor(gated, approvedStatus(gated, NOW + 60_000));
        const { verdict } = decideIn({ policies, requests: [request] }, exec(done, stdin, container));

        const bound = asked.slice(0, commandPrefix ?? asked.length);
        const begins = JSON.stringify(done.slice(0, bound.length)) === JSON.stringify(bound);
        const open = (words: readonly string[]) => unboundedCommand(words) !== undefined || words[0] === 'env';
        const same = JSON.stringify(asked) === JSON.stringify(done);
        const short = commandPrefix !== undefined && asked.length < commandPrefix;
        const covered = open(asked) || short ? same : begins && !open(done);
        expect(verdict).toBe(covered && !stdin && container === 'app' ? 'Allow' : 'ApprovalRequired');
      },
    ),
  );
});
