import { stringAt } from '../core/attributes/json.ts';
import { createPeople } from '../core/people/people.ts';
import { parsePeopleMap, PEOPLE_MAP, peopleProblemText } from '../platform/identity/people-map.ts';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-code.ts';
import { readManifest } from './manifest.ts';

/** Who a username is, by the people map of a file. @throws CliError (usage) */
export async function personsOf(file: string): Promise<(username: string) => string> {
  const texts = (await readManifest(file)).flatMap((object) => stringAt(object, 'data', PEOPLE_MAP.key) ?? []);
  const [text] = texts;
  if (text === undefined)
    throw new CliError(EXIT.usage, `${file} holds no ConfigMap with a key ${PEOPLE_MAP.key}`, 'see docs/people.md');
  const parsed = parsePeopleMap(text);
  if (!parsed.ok)
    throw new CliError(EXIT.usage, `the people map of ${file}: ${parsed.problems.map(peopleProblemText).join('; ')}`);
  const people = createPeople(parsed.map);
  return (username) => people.ofUsername(username).person;
}
