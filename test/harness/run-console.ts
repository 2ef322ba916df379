import { sampleRequests } from '../builders/console-requests.ts';
import { startConsoleServer } from './console-server.ts';

/** `npx node test/harness/run-console.ts [PAGE-FOLDER] [PORT]`: the console with sample requests, until it is stopped. */
const [page, port] = process.argv.slice(2);
const console_ = await startConsoleServer({
  requests: sampleRequests(Date.now()),
  ...(page === undefined ? {} : { page }),
  ...(port === undefined ? {} : { port: Number(port) }),
  mayList: (username) => username === 'carol',
});
process.stdout.write(`${console_.url}  sign in as alice, bob, carol or dave\n`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void console_[Symbol.asyncDispose]());
