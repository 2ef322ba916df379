import { type ApiClient, call } from './api-client.ts';

/** The web server of every test pod serves its own root folder: what a command left there can be read without an exec. */
const FILE = '/tmp/ran';

/** A command whose every run leaves one line in the container. `mark` makes it an action of its own. */
export function leavesTrace(mark: string): readonly string[] {
  return ['sh', '-c', `echo ${mark} >> ${FILE}; echo ran`];
}

/** How often the command of this mark ran. */
export async function runs(admin: ApiClient, namespace: string, mark: string): Promise<number> {
  const answer = await call(admin, 'GET', `/api/v1/namespaces/${namespace}/pods/web-0:8080/proxy${FILE}`);
  if (answer.code === 404) return 0;
  if (answer.code !== 200) throw new Error(`the trace in ${namespace}/web-0: ${answer.code} ${answer.body}`);
  return answer.body.split('\n').filter((line) => line === mark).length;
}
