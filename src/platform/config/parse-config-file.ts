import { parseDocument } from 'yaml';
import type { ConfigProblem } from './config-problem.ts';

/** A configuration is a page of text; what is larger is another file. */
const MAX_FILE_CHARACTERS = 256 * 1024;

export interface ParsedFile {
  readonly values: object;
  readonly problems: readonly ConfigProblem[];
}

/** YAML 1.2 without aliases (CVE-2019-11253) and without duplicate keys. Never throws: what is wrong is a problem. */
export async function parseConfigFile(path: string, readFile: (path: string) => Promise<string>): Promise<ParsedFile> {
  const problem = (message: string): ParsedFile => ({ values: {}, problems: [{ source: path, path: '', message }] });
  let text: string;
  try {
    text = await readFile(path);
  } catch (error) {
    return problem(`cannot be read: ${error instanceof Error ? error.message : 'unknown error'}`);
  }
  if (text.length > MAX_FILE_CHARACTERS) return problem(`is longer than ${MAX_FILE_CHARACTERS} characters`);
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ message, pos }) => {
      const line = text.slice(0, pos[0]).split('\n').length;
      return { source: path, path: '', message: `line ${line}: ${message}` };
    });
    return { values: {}, problems };
  }
  let values: unknown;
  try {
    values = document.toJS({ maxAliasCount: 0 }) ?? {};
  } catch {
    return problem('aliases are not allowed');
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return problem('must be a mapping');
  return { values, problems: [] };
}
