#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { describeError } from '../cli/describe-error.ts';
import { policyCommand } from '../cli/policy-command.ts';
import { processSignals } from '../cli/signals.ts';
import { terminalStreams } from '../cli/terminal.ts';
import { systemClock } from '../platform/clock/system-clock.ts';
import { readEnvironment } from '../platform/config/env.ts';
import { formatProblems } from '../platform/config/config-problem.ts';
import { type Flags, loadConfig } from '../platform/config/load.ts';
import { printConfig } from '../platform/config/print-config.ts';
import { addAuditVerify } from './audit-verify.ts';
import { DEFAULT_CLIENT_LIMITS, loadKubeClient } from '../platform/kube/client.ts';
import { leaveSoon } from './leave.ts';
import { serve } from './serve.ts';
import { version } from './version.ts';

const program = new Command('sallyport')
  .description('Makes a risky Kubernetes action wait for a second person.')
  // Wrong usage is 2, as everywhere: of `audit verify` 1 is tampering.
  .exitOverride();

program
  .command('serve')
  .description('run the webhook and the controller until told to stop (SIGTERM, SIGINT)')
  .option('--config <file>', 'configuration, YAML')
  .option('--kubeconfig <file>', 'how to reach the API server; without it, the ServiceAccount of the pod')
  .option('--system-namespace <name>', 'where our own objects live')
  .option('--roles <list>', 'webhook,controller')
  .option('--log-level <level>', 'debug, info, warn, error or silent')
  .option('--print-config', 'print the configuration that would be used, and stop')
  .action(async (options: Flags & { readonly printConfig?: boolean }) => {
    const { printConfig: printOnly, ...flags } = options;
    const environment = readEnvironment();
    const result = await loadConfig({
      flags,
      environment,
      readFile: (path) => readFile(path, 'utf8'),
    });
    if (result.kind === 'invalid') {
      process.stderr.write(`${formatProblems(result.problems)}\n`);
      process.exitCode = 2;
      return;
    }
    if (printOnly === true) {
      process.stdout.write(`${printConfig(result.config)}\n`);
      return;
    }
    const stop = new AbortController();
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
    try {
      await serve(result.config, stop.signal, environment.apiServer);
    } finally {
      leaveSoon();
    }
  });

addAuditVerify(program.command('audit').description('what the ledger proves'));
program.addCommand(policyCommand(policyDeps()));

program
  .command('version')
  .description('print the version')
  .action(async () => {
    process.stdout.write(`sallyport ${await version()}\n`);
  });

try {
  await program.parseAsync();
} catch (error) {
  const { exitCode, line } = describeError(error);
  if (line !== undefined) process.stderr.write(`sallyport: ${line}\n`);
  process.exitCode = exitCode;
}

function policyDeps() {
  const { kubeconfig, noColour, term } = readEnvironment();
  return {
    clock: systemClock,
    stdin: process.stdin,
    signals: processSignals(process),
    connect: (source: { readonly kubeconfig?: string | undefined; readonly context?: string | undefined }) =>
      loadKubeClient({ ...source, kubeconfig: source.kubeconfig ?? kubeconfig }, DEFAULT_CLIENT_LIMITS, systemClock),
    streams: terminalStreams(process.stdin, process.stdout, process.stderr, {
      noColour: noColour !== undefined,
      dumb: term === 'dumb',
    }),
  };
}
