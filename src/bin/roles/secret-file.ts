import { readFile } from 'node:fs/promises';
import { Secret } from '../../platform/telemetry/redact.ts';

/** Tokens and keys are short; a file that is larger is another file. */
const MOST_BYTES = 16_384;

/** The file is there and holds no secret: empty, or another file than was meant. */
export class SecretFileError extends Error {
  override readonly name = 'SecretFileError';
  readonly code = 'SecretFile';
}

/**
 * A secret in a file of its own. A newline at its end is the editor's, not the secret's.
 *
 * @throws {SecretFileError} @throws where the file cannot be read
 */
export async function readSecretFile(path: string): Promise<Secret<string>> {
  const text = (await readFile(path, 'utf8')).trimEnd();
  if (text === '' || text.length > MOST_BYTES)
    throw new SecretFileError(`${path} holds no secret of 1 to ${MOST_BYTES} characters`);
  return new Secret(text);
}
