import { readFile, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { ManifestError, manifestObjects } from '../audit/backtest/manifest-objects.ts';
import type { JsonObject } from '../core/attributes/json.ts';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-code.ts';

export interface ManifestLimits {
  readonly objects: number;
  readonly bytes: number;
}

/** Every object costs calls of the API server. */
const LIMITS: ManifestLimits = { objects: 100, bytes: 4 * 1024 * 1024 };

/** The objects of a file of YAML or JSON, those of a List one by one. @throws CliError (usage) */
export async function readManifest(file: string, limits: ManifestLimits = LIMITS): Promise<readonly JsonObject[]> {
  return objectsIn(await read(file, limits.bytes), file, limits);
}

/** The same of standard input. @throws CliError (usage) */
export async function readManifestFrom(stdin: Readable): Promise<readonly JsonObject[]> {
  const name = 'standard input';
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin as AsyncIterable<Buffer | string>) {
    chunks.push(Buffer.from(chunk as Buffer));
    bytes += chunk.length;
    if (bytes > LIMITS.bytes) throw problem(name, `it is larger than ${LIMITS.bytes} bytes`);
  }
  return objectsIn(Buffer.concat(chunks).toString('utf8'), name, LIMITS);
}

function objectsIn(text: string, file: string, limits: ManifestLimits): readonly JsonObject[] {
  try {
    return manifestObjects(text, limits.objects);
  } catch (error) {
    throw error instanceof ManifestError ? problem(file, error.message) : error;
  }
}

async function read(file: string, limit: number): Promise<string> {
  try {
    if ((await stat(file)).size > limit) throw problem(file, `it is larger than ${limit} bytes`);
    return await readFile(file, 'utf8');
  } catch (error) {
    throw error instanceof CliError ? error : problem(file, error instanceof Error ? error.message : String(error));
  }
}

function problem(file: string, message: string): CliError {
  return new CliError(EXIT.usage, `cannot read ${file}: ${message}`);
}
