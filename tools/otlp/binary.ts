import { fileURLToPath } from 'node:url';
import type { BuildContext } from '../go/build.ts';
import { ensureGoProgram } from '../go/cached-program.ts';

/** Path of a receiver of OTLP logs made of the Collector's own types; built where the user's cache has none. */
export async function ensureOtlpReceiver(context: BuildContext): Promise<string> {
  return ensureGoProgram(
    {
      what: 'the OTLP receiver',
      cost: 'about a minute',
      release: 'otlp-receiver',
      name: 'otlpreceiver',
      source: fileURLToPath(new URL('.', import.meta.url)),
      sources: ['go.mod', 'go.sum', 'main.go'],
      main: '.',
      linkerFlags: '-s -w',
    },
    context,
  );
}
