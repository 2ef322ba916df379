import { join } from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { repositoryRoot } from '../../tools/cluster/profiles.ts';
import { blocksOf, type Command, commandsOf, readPages } from '../docs/markdown.ts';
import { verifies } from '../harness/verifies.ts';
import { must, type Result, runProgram, type User } from './harness/kubectl.ts';
import { Transcript } from './harness/said.ts';
import { requests } from './harness/scene.ts';

/** The policy that the pages apply. */
const POLICY = 'production-exec';

/** Pages with commands of people; those after a plain `$` are for the reader's own shell. */
const pages = readPages(repositoryRoot())
  .map(({ path, text }) => ({
    path,
    commands: blocksOf(text)
      .filter((block) => block.language === 'console')
      .flatMap(commandsOf)
      .filter(({ user }) => user !== ''),
  }))
  .filter(({ commands }) => commands.length > 0);

function type({ user, command }: Command, transcript: Transcript): Promise<Result> {
  const { bin, kubeconfigs } = inject('e2e');
  const script = `cd '${repositoryRoot()}' && ${transcript.translate(command)} 2>&1`;
  return runProgram(
    'sh',
    ['-c', script],
    {},
    { PATH: `${bin}:${process.env['PATH'] ?? ''}`, KUBECONFIG: kubeconfigs[user as User] },
  );
}

/** kubectl's ways to begin an error. */
const FAILS = /^(error:|Error from server|The \S+ "[^"]*" is invalid)/m;

/** A pod's uid is part of what is approved: with a new pod, what an earlier run asked for does not answer. */
beforeAll(async () => {
  const playground = join(inject('e2e').place.directory, 'playground.yaml');
  await must('admin', ['delete', 'pod/web-0', '-n', 'prod', '--ignore-not-found', '--timeout=30s']);
  await must('admin', ['apply', '-f', playground]);
  await must('admin', ['wait', '--for=condition=Ready', '--timeout=60s', '-n', 'prod', 'pod/web-0']);
});

describe('the commands of the documentation do what it says', () => {
  test.each(pages)(`${verifies('README-asked', 'README-plain-kubectl')}$path`, async ({ commands }) => {
    await must('admin', ['delete', 'approvalpolicy', POLICY, '--ignore-not-found']);
    const older = await requests('prod');
    const transcript = new Transcript(new Set(older.map(({ metadata }) => metadata.name)));
    try {
      for (const command of commands) {
        const { code, stdout } = await type(command, transcript);
        const where = `${command.user}$ ${command.command}\n${stdout}`;
        expect(transcript.missing(command.output, stdout), where).toBeUndefined();
        expect(code === 0, `${where}exit code ${code}`).toBe(!FAILS.test(command.output));
      }
    } finally {
      await must('admin', ['delete', 'approvalpolicy', POLICY, '--ignore-not-found']);
    }
  });
});
