import { startReceiver } from '../../../test/harness/audit-receiver.ts';
import { serverJob } from './server-job.ts';

// The whole receiver as the audit role runs it, with a ledger on the disk: parse, key, chain, fdatasync, answer.

const { directory, ...files } = await serverJob();
const { port } = await startReceiver(directory, { ...files, host: '127.0.0.1', port: 0 });
process.send?.({ port });
