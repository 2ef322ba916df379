#!/usr/bin/env node
import { run } from '../cli/run.ts';
import { createCommands } from '../cli/commands.ts';
import { createKubectl } from '../cli/kubectl.ts';
import { processSignals } from '../cli/signals.ts';
import { terminalStreams } from '../cli/terminal.ts';
import { systemClock } from '../platform/clock/system-clock.ts';
import { readEnvironment } from '../platform/config/env.ts';
import { DEFAULT_CLIENT_LIMITS, loadKubeClient } from '../platform/kube/client.ts';
import { version } from './version.ts';

// The reader of a pipe has gone, as in `| head`: nobody is left to tell.
process.stdout.on('error', () => process.exit());

const { kubeconfig, noColour, term } = readEnvironment();
const signals = processSignals(process);

process.exitCode = await run(process.argv.slice(2), {
  connect: (source) =>
    loadKubeClient({ ...source, kubeconfig: source.kubeconfig ?? kubeconfig }, DEFAULT_CLIENT_LIMITS, systemClock),
  clock: systemClock,
  version: await version(),
  signals,
  commands: () => createCommands(process, signals, systemClock),
  kubectl: createKubectl(),
  streams: terminalStreams(process.stdin, process.stdout, process.stderr, {
    noColour: noColour !== undefined,
    dumb: term === 'dumb',
  }),
});
