import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const FOLDER = 'src/notify/slack';
const METHOD = /'((?:auth|chat|conversations|users|usergroups|usergroups\.users|views)\.[a-zA-Z]+)'/g;

/** The methods of Slack's API that our sources name. */
export async function slackCalls(): Promise<string[]> {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const texts = await Promise.all(files.map((name) => readFile(join(FOLDER, name), 'utf8')));
  return [...new Set(texts.flatMap((text) => [...text.matchAll(METHOD)].map(([, method]) => method ?? '')))];
}
